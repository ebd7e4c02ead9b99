{{- /*
The release's own name for its objects: at most 43 characters, so that a Job's name fits into 63, and a StatefulSet's into
52: Kubernetes labels its pods with that name and a digest of ten more.
*/ -}}
{{- define "damsight.fullname" -}}
{{- $chart := default .Chart.Name .Values.nameOverride -}}
{{- $name := .Release.Name -}}
{{- if .Values.fullnameOverride -}}
{{- $name = .Values.fullnameOverride -}}
{{- else if not (contains $chart .Release.Name) -}}
{{- $name = printf "%s-%s" .Release.Name $chart -}}
{{- end -}}
{{- /* Cut names keep a digest of the whole, so that two long release names do not become one. */ -}}
{{- if gt (len $name) 43 -}}
{{- printf "%s-%s" (trunc 34 $name | trimSuffix "-") (sha256sum $name | trunc 8) -}}
{{- else -}}
{{- $name -}}
{{- end -}}
{{- end -}}

{{- define "damsight.serviceAccountName" -}}
{{- $default := ternary (include "damsight.fullname" .) "default" .Values.serviceAccount.create -}}
{{- default $default .Values.serviceAccount.name -}}
{{- end -}}

{{- define "damsight.secretName" -}}
{{- default (include "damsight.fullname" .) .Values.secrets.existingSecret -}}
{{- end -}}

{{- /* Takes (dict "root" $ "component" "search"). */ -}}
{{- define "damsight.selectorLabels" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "damsight.labels" -}}
{{ include "damsight.selectorLabels" . }}
app.kubernetes.io/part-of: damsight
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- /* Takes (dict "root" $ "image" .Values.search.image). */ -}}
{{- define "damsight.image" -}}
{{- $repository := .image.repository -}}
{{- with .root.Values.image.registry -}}
{{- $repository = printf "%s/%s" (trimSuffix "/" .) $repository -}}
{{- end -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (coalesce .image.tag .root.Values.image.tag .root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}
