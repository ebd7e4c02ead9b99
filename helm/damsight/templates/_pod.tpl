{{- /* The parts that every pod has. All take (dict "root" $ "component" "search" "values" .Values.search "own" settings), and may take
variables of the containers as "environment". */ -}}
{{- define "damsight.podMetadata" -}}
labels:
  {{- include "damsight.labels" . | nindent 2 }}
  {{- with .values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  # A pod reads its settings once, at its start: changed ones must make new pods.
  damsight.io/settings: {{ include "damsight.environment" . | sha256sum | trunc 16 | quote }}
  damsight.io/secrets: {{ include "damsight.secretsDigest" . }}
  {{- with .values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "damsight.podOptions" -}}
serviceAccountName: {{ include "damsight.serviceAccountName" .root }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- if and .values.gpu (dig "enabled" false (.values.gpu | default dict)) .values.gpu.runtimeClassName }}
runtimeClassName: {{ .values.gpu.runtimeClassName }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: tmp
    emptyDir: {}
  - name: cache
    {{- $cache := .values.modelCache | default dict }}
    {{- if $cache.existingClaim }}
    persistentVolumeClaim: {claimName: {{ $cache.existingClaim }}}
    {{- else }}
    emptyDir: {sizeLimit: {{ $cache.sizeLimit | default "1Gi" }}}
    {{- end }}
  {{- with .values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{- /* What every container has besides its name, command, ports and probes. */ -}}
{{- define "damsight.containerOptions" -}}
image: {{ include "damsight.image" (dict "root" .root "image" .image) | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
envFrom:
  - configMapRef:
      name: {{ include "damsight.fullname" .root }}-{{ .component }}
env:
  {{- $secret := include "damsight.secretName" .root }}
  {{- range include "damsight.secretsOf" .component | fromJsonArray }}
  - name: {{ . }}
    valueFrom:
      secretKeyRef: {name: {{ $secret }}, key: {{ . }}, optional: true}
  {{- end }}
  {{- with .environment }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- with .values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: cache, mountPath: /var/cache/damsight}
  {{- with .values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "damsight.resources" -}}
{{- $resources := deepCopy .resources -}}
{{- if and .gpu .gpu.enabled -}}
{{- $resources = mergeOverwrite $resources (dict "limits" (dict .gpu.resource .gpu.count)) -}}
{{- end -}}
{{- toYaml $resources -}}
{{- end -}}

{{- /* Holds a pod back until the index is there: a write through a missing alias would make a wrong index. */ -}}
{{- define "damsight.waitForIndex" -}}
- name: wait-for-index
  command: [sh, -c, "until damsight index status; do echo 'waiting for the index'; sleep 5; done"]
  resources:
    requests: {cpu: 50m, memory: 256Mi}
    limits: {memory: 1Gi}
  {{- include "damsight.containerOptions" . | nindent 2 }}
{{- end -}}
