{{- /* Mistakes about pods; as in _validate.tpl. */ -}}

{{- /* Variables that the chart sets, by workload: a YAML map of lists. Given twice, a variable would have the value of
whoever came last. */ -}}
{{- define "historia-clinica.ownVariables" -}}
{{- $node := list "POD_NAME" "PGDATA" "PGSSLROOTCERT" "POSTGRES_DB" "POSTGRES_USER"
  "POSTGRES_PASSWORD" "POSTGRES_INITDB_ARGS" -}}
{{- $hooks := list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" "HISTORIA_ADMIN_CORREO" "HISTORIA_ADMIN_DOCUMENTO" "HISTORIA_ADMIN_NOMBRE" "HISTORIA_ADMIN_PASSWORD"
  "HISTORIA_API_URL" "HISTORIA_APP_PASSWORD" "HISTORIA_APP_PASSWORD_B" "HISTORIA_AUDIT_BUCKET"
  "HISTORIA_AUDIT_BUCKET_CA" "HISTORIA_AUDIT_BUCKET_ENDPOINT" "HISTORIA_AUDIT_BUCKET_PREFIX" "HISTORIA_AUDIT_BUCKET_REGION"
  "HISTORIA_AUDIT_KEY" "HISTORIA_AUDIT_SEALS" "HISTORIA_AUDIT_STORED"
  "HISTORIA_CITUS_VERSION" "HISTORIA_COORDINATOR" "HISTORIA_DRAIN" "HISTORIA_FIRST_LEAVING" "HISTORIA_POSTGRES_MAJOR"
  "HISTORIA_REBALANCE" "HISTORIA_SIGNING_KEY" "HISTORIA_SIGNING_KEYS_ACCEPTED"
  "HISTORIA_TIMEOUT" "HISTORIA_TLS_CERT" "HISTORIA_USUARIO" "HISTORIA_WORKERS" "POSTGRES_DB" "POSTGRES_HOST"
  "POSTGRES_PASSWORD" "POSTGRES_PASSWORD_PREVIOUS" "POSTGRES_PORT" "POSTGRES_SSLMODE" "POSTGRES_SSLROOTCERT"
  "POSTGRES_USER" -}}
{{- dict "coordinator" $node "workers" $node "hooks" $hooks | toYaml -}}
{{- end -}}

{{- /* … cannot be given again. */ -}}
{{- define "historia-clinica.validate.extraEnv" -}}
{{- range $workload, $own := include "historia-clinica.ownVariables" . | fromYaml -}}
{{- range $name, $_ := (get $.Values $workload).extraEnv -}}
{{- if has $name $own }}
{{ $workload }}.extraEnv: "{{ $name }}" lo fija el chart. Quítelo de {{ $workload }}.extraEnv y use el valor que le corresponde (README.md del chart).
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* A tag that means another image tomorrow. */ -}}
{{- define "historia-clinica.validate.latest" -}}
{{- range $name, $image := dict "hooks" .Values.hooks.image "postgresql" .Values.postgresql.image -}}
{{- if and (eq $image.tag "latest") (not $image.digest) }}
{{ $name }}.image.tag: "latest" no dice qué versión se ejecuta, y mañana puede ser otra. Ponga una versión en {{ $name }}.image.tag o un {{ $name }}.image.digest.
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* What the API's chart has to say about its values. */ -}}
{{- define "historia-clinica.validate.middleware" -}}
{{- if .Values.middleware.enabled -}}
{{- include "middleware.mistakes" (dict "Values" .Values.middleware "prefix" "middleware.") -}}
{{- end -}}
{{- end -}}

{{- /* Kubernetes would refuse these pods one by one, later, and in a condition that nobody reads. */ -}}
{{- define "historia-clinica.validate.extraVolumes" -}}
{{- $ours := list "pgdata" "config" "run" "tmp" "shm" "tls" "heartbeat" "oidc" "audit-key" "audit-seals" -}}
{{- range $workload := list "coordinator" "workers" "hooks" "middleware" -}}
{{- with get $.Values $workload -}}
{{- $names := list -}}
{{- range .extraVolumes -}}
{{- $names = append $names .name -}}
{{- if has .name $ours }}
{{ $workload }}.extraVolumes: "{{ .name }}" es el nombre de un volumen del chart. Dé otro nombre al suyo.
{{- end -}}
{{- end -}}
{{- range .extraVolumeMounts -}}
{{- if not (has .name $names) }}
{{ $workload }}.extraVolumeMounts: monta "{{ .name }}", que no está en {{ $workload }}.extraVolumes. Añádalo allí o corrija el nombre.
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
