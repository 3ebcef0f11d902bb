{{- /* Defines of the API's chart. Each takes the root context ($) unless it says otherwise. */ -}}

{{- /* Name of the Deployment and of everything beside it. */ -}}
{{- define "middleware.fullname" -}}
{{- .Values.fullnameOverride | default (printf "%s-middleware" (.Release.Name | trunc 40 | trimSuffix "-")) -}}
{{- end -}}

{{- /* Name of the Service. */ -}}
{{- define "middleware.serviceName" -}}
{{- .Values.service.name | default (include "middleware.fullname" .) -}}
{{- end -}}

{{- /* Name of the ServiceAccount of the pods. */ -}}
{{- define "middleware.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "middleware.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- /* The most pods that there may be. Context: Values. */ -}}
{{- define "middleware.maxReplicas" -}}
{{- .Values.autoscaling.enabled | ternary .Values.autoscaling.maxReplicas .Values.replicaCount | int -}}
{{- end -}}

{{- /* Labels that select the pods; they never change. */ -}}
{{- define "middleware.selectorLabels" -}}
app.kubernetes.io/name: middleware
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: middleware
{{- end -}}

{{- /* Labels of every object. */ -}}
{{- define "middleware.labels" -}}
{{ include "middleware.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: historia-clinica
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- /* Image reference: registry/repository@digest, or registry/repository:tag. */ -}}
{{- define "middleware.image" -}}
{{- with .Values.image -}}
{{- with .registry }}{{ . }}/{{ end -}}
{{- .repository -}}
{{- if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end -}}
{{- end -}}
{{- end -}}

{{- /* Security context of the pod: restricted, with the values merged over it. */ -}}
{{- define "middleware.podSecurityContext" -}}
{{- $restricted := dict "runAsNonRoot" true "runAsUser" 10001 "runAsGroup" 10001 "fsGroup" 10001
  "fsGroupChangePolicy" "OnRootMismatch" "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- mergeOverwrite $restricted (deepCopy .Values.podSecurityContext) | toYaml -}}
{{- end -}}

{{- /* Security context of the container: restricted, with the values merged over it. */ -}}
{{- define "middleware.securityContext" -}}
{{- $restricted := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true
  "capabilities" (dict "drop" (list "ALL")) -}}
{{- mergeOverwrite $restricted (deepCopy .Values.securityContext) | toYaml -}}
{{- end -}}

{{- /* Not empty when the API checks the certificate of the database. */ -}}
{{- define "middleware.verifies" -}}
{{- hasPrefix "verify" .Values.database.sslmode | ternary "true" "" -}}
{{- end -}}

{{- /* Environment of the container. */ -}}
{{- define "middleware.env" -}}
- name: POSTGRES_HOST
  value: {{ tpl .Values.database.host . | quote }}
- name: POSTGRES_PORT
  value: {{ .Values.database.port | int | quote }}
- name: POSTGRES_DB
  value: {{ .Values.database.name | quote }}
- name: POSTGRES_USER
  value: {{ .Values.database.user | quote }}
- name: POSTGRES_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ tpl .Values.database.existingSecret . }}
      key: {{ .Values.database.secretKey }}
- name: HISTORIA_SIGNING_KEY
  valueFrom:
    secretKeyRef:
      name: {{ tpl .Values.database.existingSecret . }}
      key: {{ .Values.signing.secretKey }}
- name: HISTORIA_SIGNING_KEYS_ACCEPTED
  valueFrom:
    secretKeyRef:
      name: {{ tpl .Values.database.existingSecret . }}
      key: {{ .Values.signing.acceptedSecretKey }}
      optional: true
- name: HISTORIA_AUTH
  value: {{ .Values.auth | quote }}
- name: POSTGRES_SSLMODE
  value: {{ .Values.database.sslmode }}
{{- if include "middleware.verifies" . }}
- name: POSTGRES_SSLROOTCERT
  value: /etc/historia-tls/ca.crt
{{- end }}
- name: HISTORIA_COMPAT_ANONYMOUS_USUARIOS
  value: {{ .Values.compat.anonymousUsuarios | quote }}
{{- with .Values.oidc }}
{{- if .issuer }}
- name: HISTORIA_OIDC_ISSUER
  value: {{ .issuer | quote }}
- name: HISTORIA_OIDC_CLIENT_ID
  value: {{ .clientId | quote }}
{{- if .caConfigMap }}
- name: HISTORIA_OIDC_CA_FILE
  value: /etc/historia-oidc/ca.crt
{{- end }}
{{- end }}
{{- end }}
- name: HISTORIA_ROUTING
  value: {{ .Values.routing | quote }}
- name: HISTORIA_EMERGENCY_MINUTES
  value: {{ .Values.emergencyMinutes | int | quote }}
{{- if and .Values.database.workers (ne .Values.routing "coordinator") }}
- name: HISTORIA_WORKERS
  value: {{ tpl .Values.database.workers . | quote }}
{{- end }}
{{- if .Values.metrics.enabled }}
- name: HISTORIA_METRICS_PORT
  value: {{ .Values.metrics.port | int | quote }}
{{- end }}
{{- range $name, $value := .Values.extraEnv }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}

{{- /* Variables that the chart sets; a YAML list. */ -}}
{{- define "middleware.ownVariables" -}}
{{- list "HISTORIA_AUTH" "HISTORIA_COMPAT_ANONYMOUS_USUARIOS" "HISTORIA_EMERGENCY_MINUTES" "HISTORIA_METRICS_PORT"
  "HISTORIA_OIDC_CA_FILE" "HISTORIA_OIDC_CLIENT_ID" "HISTORIA_OIDC_ISSUER" "HISTORIA_ROUTING" "HISTORIA_SIGNING_KEY" "HISTORIA_SIGNING_KEYS_ACCEPTED" "HISTORIA_WORKERS" "POSTGRES_DB" "POSTGRES_HOST" "POSTGRES_PASSWORD" "POSTGRES_PORT" "POSTGRES_SSLMODE"
  "POSTGRES_SSLROOTCERT" "POSTGRES_USER" | toYaml -}}
{{- end -}}

{{- /* Mistakes that the schema cannot see, one a line, in Spanish, with the key and the cure. Context: Values, and prefix (of
the keys). */ -}}
{{- define "middleware.mistakes" -}}
{{- range $name, $_ := .Values.extraEnv -}}
{{- if has $name (include "middleware.ownVariables" $ | fromYamlArray) }}
{{ $.prefix }}extraEnv: "{{ $name }}" lo fija el chart. Quítelo de {{ $.prefix }}extraEnv y use el valor que le corresponde (README.md del chart).
{{- end -}}
{{- end -}}
{{- if .Values.metrics.enabled -}}
{{- if eq (int .Values.metrics.port) 8080 }}
{{ .prefix }}metrics.port: es 8080, el puerto de la API. Ponga otro, por ejemplo 9464.
{{- end -}}
{{- if ne (get .Values.extraEnv "HISTORIA_SERVER_WORKERS" | default "1") "1" }}
{{ .prefix }}extraEnv: con {{ .prefix }}metrics.enabled, HISTORIA_SERVER_WORKERS debe ser 1, porque cada proceso contaría por su lado. Quítelo y suba {{ .prefix }}replicaCount.
{{- end -}}
{{- end -}}
{{- if and (eq .Values.image.tag "latest") (not .Values.image.digest) }}
{{ .prefix }}image.tag: "latest" no dice qué versión se ejecuta, y mañana puede ser otra. Ponga una versión en {{ .prefix }}image.tag o un {{ .prefix }}image.digest.
{{- end -}}
{{- include "middleware.validate.ingress" . -}}
{{- include "middleware.validate.oidc" . -}}
{{- include "middleware.validate.autoscaling" . -}}
{{- end -}}
