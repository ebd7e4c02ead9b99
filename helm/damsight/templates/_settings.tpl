{{- /*
The DAMSIGHT_ variables of a component, as YAML: the common settings, what the chart itself knows, and the component's
own, of which the last wins. Takes (dict "root" $ "component" "search" "own" .Values.search.settings).
*/ -}}
{{- define "damsight.environment" -}}
{{- $root := .root -}}
{{- $known := dict -}}
{{- if and $root.Values.encoder.enabled (include "damsight.usesEncoderService" .) -}}
{{- $url := printf "http://%s-encoder:%v" (include "damsight.fullname" $root) $root.Values.encoder.service.port -}}
{{- $known = dict "models" (dict "url" $url) -}}
{{- end -}}
{{- if has .component (list "consumer" "backfill") -}}
{{- /* One group per index: consumers of two indexes that shared a group would each get half of the events. */ -}}
{{- $consumer := dict "group_id" (printf "damsight-consumer-%s" $root.Values.settings.index.alias) -}}
{{- $_ := set $consumer "grace_s" (sub $root.Values.consumer.terminationGracePeriodSeconds 10) -}}
{{- if $root.Values.backfill.enabled -}}
{{- $_ := set $consumer "lanes" (ternary "backfill" "live,retry" (eq .component "backfill")) -}}
{{- end -}}
{{- $health := dict "host" "0.0.0.0" "port" 8080 -}}
{{- $known = mergeOverwrite $known (dict "health" $health "consumer" $consumer) -}}
{{- end -}}
{{- $common := pick $root.Values.settings "elasticsearch" "index" "models" "kafka" -}}
{{- if has .component (list "consumer" "backfill" "search") -}}
{{- $_ := set $common "previews" $root.Values.settings.previews -}}
{{- end -}}
{{- if has .component (list "search" "index") -}}
{{- /* They make nothing of an asset. */ -}}
{{- $_ := set $common "models" (omit $root.Values.settings.models "captioner" "captioner_revision" "ocr") -}}
{{- end -}}
{{- if eq .component "encoder" }}{{- $common = pick $common "models" }}{{- end -}}
{{- if has .component (list "search" "index") }}{{- $common = omit $common "kafka" }}{{- end -}}
{{- $settings := mergeOverwrite (deepCopy $common) $known (deepCopy .own) -}}
{{- range $group, $values := $settings }}
{{- range $name, $value := $values }}
{{- if not (or (kindIs "invalid" $value) (and (kindIs "string" $value) (eq $value ""))) }}
{{- /* toJson keeps whole numbers whole. */}}
{{ printf "DAMSIGHT_%s__%s" (upper $group) (upper $name) }}: {{ ternary $value (toJson $value) (kindIs "string" $value) | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "damsight.usesEncoderService" -}}
{{- if eq .component "search" -}}true{{- end -}}
{{- if and (has .component (list "consumer" "backfill" "index")) .root.Values.consumer.useEncoderService -}}true{{- end -}}
{{- end -}}

{{- /* Which secrets a component sees, by the variables' names. Takes the component's name. */ -}}
{{- define "damsight.secretsOf" -}}
{{- $elasticsearch := list "DAMSIGHT_ELASTICSEARCH__API_KEY" "DAMSIGHT_ELASTICSEARCH__PASSWORD" -}}
{{- $models := list "DAMSIGHT_MODELS__API_KEY" -}}
{{- $kafka := list "DAMSIGHT_KAFKA__SASL_PASSWORD" "DAMSIGHT_KAFKA__SSL_PASSWORD" "DAMSIGHT_KAFKA__SASL_OAUTH_CLIENT_SECRET" "DAMSIGHT_KAFKA__PROXY_URL" -}}
{{- $byComponent := dict
  "consumer" (concat $kafka $elasticsearch $models)
  "search" (concat (list "DAMSIGHT_AUTH__SECRET" "DAMSIGHT_SEARCH__CURSOR_SECRET") $elasticsearch $models)
  "backfill" (concat $kafka $elasticsearch $models)
  "index" (concat $elasticsearch $models)
  "encoder" $models -}}
{{- get $byComponent . | toJson -}}
{{- end -}}

{{- /* Changes when a secret of the component does: too short to be guessed from. Takes (dict "root" $ "component" "search"). */ -}}
{{- define "damsight.secretsDigest" -}}
{{- $data := include "damsight.secretData" .root | fromYaml -}}
{{- $own := list -}}
{{- range include "damsight.secretsOf" .component | fromJsonArray }}{{- $own = append $own (get $data .) }}{{- end -}}
{{- toJson $own | sha256sum | trunc 8 | quote -}}
{{- end -}}

{{- /* The Secret's data as YAML; empty where no value is given. */ -}}
{{- define "damsight.secretData" -}}
{{- $given := deepCopy .Values.secrets.values -}}
{{- if and $given.auth.secret (not $given.search.cursor_secret) -}}
{{- /* All replicas must take each other's cursors; any secret that they share will do. */ -}}
{{- $_ := set $given.search "cursor_secret" (sha256sum (printf "cursors of %s" $given.auth.secret)) -}}
{{- end -}}
{{- range $group, $values := $given }}
{{- range $name, $value := $values }}
{{- if $value }}
{{ printf "DAMSIGHT_%s__%s" (upper $group) (upper $name) }}: {{ $value | b64enc | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* Says what is wrong with the values, where the schema cannot. */ -}}
{{- define "damsight.validate" -}}
{{- include "damsight.validateConsumers" . -}}
{{- $_ := required "settings.kafka.bootstrap_servers is not set: give your Kafka's addresses, as in --set settings.kafka.bootstrap_servers=kafka:9092" .Values.settings.kafka.bootstrap_servers -}}
{{- $_ := required "settings.elasticsearch.url is not set: give your Elasticsearch's address, as in --set settings.elasticsearch.url=http://elasticsearch:9200" .Values.settings.elasticsearch.url -}}
{{- if and .Values.secrets.existingSecret (include "damsight.secretData" . | trim) -}}
{{- fail "secrets.existingSecret and secrets.values are both set: keep one of them" -}}
{{- end -}}
{{- if and .Values.consumer.useEncoderService (not .Values.encoder.enabled) -}}
{{- fail "consumer.useEncoderService is true and encoder.enabled is false: enable the encoder service, or name another one in consumer.settings.models.url and leave consumer.useEncoderService false" -}}
{{- end -}}
{{- end -}}

{{- define "damsight.validateConsumers" -}}
{{- $own := mergeOverwrite (dict) (dig "consumer" dict .Values.consumer.settings) (dig "consumer" dict .Values.backfill.settings) -}}
{{- if $own.instance_id -}}
{{- fail "consumer.settings.consumer.instance_id names one member, and all replicas would take its place from each other: leave it out, and set consumer.staticMembership=true" -}}
{{- end -}}
{{- if and .Values.backfill.enabled $own.lanes -}}
{{- fail "backfill.enabled is true and settings.consumer.lanes is set: with backfill.enabled the chart says which pods read which lanes; leave lanes out" -}}
{{- end -}}
{{- if and .Values.consumer.staticMembership .Values.consumer.autoscaling.enabled -}}
{{- fail "consumer.staticMembership and consumer.autoscaling.enabled are both true: Kafka keeps the partitions of a static member that was scaled away until its session ends; keep one of them" -}}
{{- end -}}
{{- range $component := list "consumer" "backfill" -}}
{{- $values := get $.Values $component -}}
{{- $scaling := $values.autoscaling -}}
{{- if and $values.enabled $scaling.enabled -}}
{{- if gt (int $scaling.minReplicas) (int $scaling.maxReplicas) -}}
{{- fail (printf "%s.autoscaling.minReplicas is above maxReplicas" $component) -}}
{{- end -}}
{{- $kafka := $.Values.settings.kafka -}}
{{- if and (or (hasPrefix "SASL" $kafka.security_protocol) $kafka.ssl_cafile $kafka.ssl_certfile) (not $scaling.triggerAuthentication) -}}
{{- fail (printf "%s.autoscaling.triggerAuthentication is not set: KEDA reaches this Kafka only with credentials of its own; name a TriggerAuthentication with the parameters username and password (SASL), ca, cert and key (TLS) that it needs" $component) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
