{{- /* What consumes events, on all lanes or on one. Takes what the parts of a pod take. */ -}}
{{- define "damsight.consumerPod" -}}
metadata:
  {{- include "damsight.podMetadata" . | nindent 2 }}
spec:
  {{- include "damsight.podOptions" . | nindent 2 }}
  terminationGracePeriodSeconds: {{ .values.terminationGracePeriodSeconds }}
  initContainers:
    {{- include "damsight.waitForIndex" . | nindent 4 }}
  containers:
    - name: {{ .component }}
      command: [damsight, consume]
      {{- include "damsight.containerOptions" . | nindent 6 }}
      ports:
        - {name: health, containerPort: 8080}
      # Loading the models, downloads included, may take minutes; after that a stuck poll loop is noticed in 60 s.
      startupProbe:
        httpGet: {path: /livez, port: health}
        periodSeconds: 10
        failureThreshold: 90
      livenessProbe:
        httpGet: {path: /livez, port: health}
        periodSeconds: 20
        timeoutSeconds: 5
        failureThreshold: 3
      readinessProbe:
        httpGet: {path: /readyz, port: health}
        periodSeconds: 10
        timeoutSeconds: 5
      resources:
        {{- include "damsight.resources" .values | nindent 8 }}
{{- end -}}

{{- define "damsight.consumerDeployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "damsight.fullname" .root }}-{{ .component }}
  labels:
    {{- include "damsight.labels" . | nindent 4 }}
spec:
  {{- if not .values.autoscaling.enabled }}
  replicas: {{ .values.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  strategy:
    {{- toYaml .values.strategy | nindent 4 }}
  selector:
    matchLabels:
      {{- include "damsight.selectorLabels" . | nindent 6 }}
  template:
    {{- include "damsight.consumerPod" . | nindent 4 }}
{{- end -}}

{{- /* Pods whose names stay, so that Kafka takes a restarted one for the same member of the group. */ -}}
{{- define "damsight.consumerStatefulSet" -}}
{{- $fullname := include "damsight.fullname" .root -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ $fullname }}-{{ .component }}
  labels:
    {{- include "damsight.labels" . | nindent 4 }}
spec:
  replicas: {{ .values.replicas }}
  revisionHistoryLimit: 5
  serviceName: {{ $fullname }}-{{ .component }}
  # No pod waits for another: each has partitions of its own.
  podManagementPolicy: Parallel
  selector:
    matchLabels:
      {{- include "damsight.selectorLabels" . | nindent 6 }}
  template:
    {{- include "damsight.consumerPod" . | nindent 4 }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $fullname }}-{{ .component }}
  labels:
    {{- include "damsight.labels" . | nindent 4 }}
spec:
  clusterIP: None
  selector:
    {{- include "damsight.selectorLabels" . | nindent 4 }}
  ports:
    - {name: health, port: 8080, targetPort: health}
{{- end -}}

{{- /* The backfill's values: its own, and the consumer's where it has none. */ -}}
{{- define "damsight.backfillValues" -}}
{{- $shared := pick .Values.consumer "image" "useEncoderService" "terminationGracePeriodSeconds" "strategy" "modelCache"
  "podAnnotations" "podLabels" "extraEnv" "extraVolumes" "extraVolumeMounts" -}}
{{- $own := omit .Values.backfill "settings" -}}
{{- $settings := mergeOverwrite (deepCopy .Values.consumer.settings) (deepCopy .Values.backfill.settings) -}}
{{- merge (dict "settings" $settings) (deepCopy $own) (deepCopy $shared) | toJson -}}
{{- end -}}
