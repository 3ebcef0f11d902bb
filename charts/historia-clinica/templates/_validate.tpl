{{- /* Mistakes that the schema cannot see. Each define takes the root context and returns nothing, or one line per mistake,
in Spanish, with the key and the cure. validate.yaml collects them. */ -}}

{{- /* The API must ask the coordinator of this release. */ -}}
{{- define "historia-clinica.validate.databaseHost" -}}
{{- $want := include "historia-clinica.coordinator.name" . -}}
{{- $have := tpl .Values.middleware.database.host . -}}
{{- if and .Values.middleware.enabled (ne (splitList "." $have | first) $want) -}}
middleware.database.host: es "{{ $have }}", pero el Service del coordinador se llama "{{ $want }}". Ponga middleware.database.host={{ $want }}, o deje vacío coordinator.fullnameOverride.
{{- end -}}
{{- end -}}

{{- /* Where requests go past the coordinator, the API must know the workers of this release. */ -}}
{{- define "historia-clinica.validate.databaseWorkers" -}}
{{- $want := printf "%s-nodes" (include "historia-clinica.worker.name" .) -}}
{{- $have := tpl .Values.middleware.database.workers . -}}
{{- $past := and .Values.middleware.enabled (ne .Values.middleware.routing "coordinator") -}}
{{- if and $past $have (ne (splitList "." $have | first) $want) -}}
middleware.database.workers: es "{{ $have }}", pero el Service de los workers se llama "{{ $want }}". Ponga middleware.database.workers={{ $want }}, o deje vacío workers.fullnameOverride.
{{- end -}}
{{- end -}}

{{- /* The API must read its password from the release's Secret. */ -}}
{{- define "historia-clinica.validate.databaseSecret" -}}
{{- $want := include "historia-clinica.auth.secretName" . -}}
{{- $have := tpl .Values.middleware.database.existingSecret . -}}
{{- if and .Values.middleware.enabled (ne $have $want) -}}
middleware.database.existingSecret: es "{{ $have }}", pero las contraseñas están en el Secret "{{ $want }}". Ponga middleware.database.existingSecret={{ $want }}.
{{- end -}}
{{- end -}}

{{- /* … and from the same key as the hook that sets it. */ -}}
{{- define "historia-clinica.validate.databaseSecretKey" -}}
{{- $key := eq .Values.middleware.database.user "historia_app_b" | ternary "appPasswordB" "appPassword" -}}
{{- $want := get .Values.auth.secretKeys $key -}}
{{- $have := .Values.middleware.database.secretKey -}}
{{- if and .Values.middleware.enabled (ne $have $want) -}}
middleware.database.secretKey: es "{{ $have }}", pero auth.secretKeys.{{ $key }} es "{{ $want }}". Ponga el mismo nombre en las dos claves.
{{- end -}}
{{- end -}}

{{- /* The API must sign with the key that is generated, or checked, under that name. */ -}}
{{- define "historia-clinica.validate.signingKey" -}}
{{- if .Values.middleware.enabled -}}
{{- $want := .Values.auth.secretKeys.signingKey -}}
{{- $have := .Values.middleware.signing.secretKey -}}
{{- if ne $have $want -}}
middleware.signing.secretKey: es "{{ $have }}", pero auth.secretKeys.signingKey es "{{ $want }}". Ponga el mismo nombre en las dos claves.
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Owner and API must not share a password. */ -}}
{{- define "historia-clinica.validate.secretKeys" -}}
{{- $seen := dict -}}
{{- range $name, $key := .Values.auth.secretKeys -}}
{{- if hasKey $seen $key }}
auth.secretKeys: {{ get $seen $key }} y {{ $name }} nombran la misma clave, "{{ $key }}". Use claves distintas: ninguna contraseña sirve a dos roles, ni es la anterior de otra.
{{- end -}}
{{- $_ := set $seen $key $name -}}
{{- end -}}
{{- end -}}

{{- /* Two StatefulSets or two Services cannot have one name. */ -}}
{{- define "historia-clinica.validate.names" -}}
{{- $coordinator := include "historia-clinica.coordinator.name" . -}}
{{- if regexMatch "^[0-9]" $coordinator }}
coordinator.fullnameOverride: "{{ $coordinator }}" empieza por un dígito, y un Service no puede. Dé otro nombre, o llame de otro modo al release.
{{- end -}}
{{- if eq $coordinator (include "historia-clinica.worker.name" .) }}
workers.fullnameOverride: coordinador y workers se llamarían "{{ $coordinator }}". Dé otro nombre a coordinator.fullnameOverride o a workers.fullnameOverride.
{{- end -}}
{{- if and .Values.middleware.enabled (eq $coordinator (include "historia-clinica.middleware.serviceName" .)) }}
middleware.service.name: los Services del coordinador y de la API se llamarían "{{ $coordinator }}". Dé otro nombre a middleware.service.name.
{{- end -}}
{{- end -}}

{{- /* Parameters that the chart itself sets. */ -}}
{{- define "historia-clinica.validate.parameters" -}}
{{- $ours := list "hba_file" "citus.local_hostname" "data_directory" "port" "unix_socket_directories" "ssl" -}}
{{- range concat $ours (include "historia-clinica.tls.parameters" . | fromYaml | keys | sortAlpha) | uniq -}}
{{- if hasKey $.Values.postgresql.parameters . }}
postgresql.parameters: "{{ . }}" lo fija el chart. Quítelo de postgresql.parameters.
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Passwords are never made for data that exists: it knows the old ones. Nothing is known either where Helm does not ask the
cluster (`helm template`, --dry-run=client). */ -}}
{{- define "historia-clinica.validate.secretKnown" -}}
{{- $name := include "historia-clinica.auth.secretName" . -}}
{{- if and (not .Values.auth.existingSecret) (not (lookup "v1" "Secret" .Release.Namespace $name)) -}}
{{- $volume := printf "pgdata-%s-0" (include "historia-clinica.coordinator.name" .) -}}
{{- if .Release.IsUpgrade -}}
auth.existingSecret: al actualizar no se encuentra el Secret "{{ $name }}" y una contraseña nueva no abriría los datos que ya existen. Restaure ese Secret, o cree uno con las contraseñas en uso y ponga su nombre en auth.existingSecret. Si esto es un ensayo, repítalo con acceso al clúster (--dry-run=server).
{{- else if lookup "v1" "PersistentVolumeClaim" .Release.Namespace $volume -}}
auth.existingSecret: el volumen "{{ $volume }}" guarda datos de una instalación anterior, pero falta su Secret "{{ $name }}" y una contraseña nueva no los abriría. Restaure ese Secret, o cree uno con las contraseñas de entonces y ponga su nombre en auth.existingSecret. Si esos datos ya no importan, borre antes los PersistentVolumeClaim de los nodos.
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* A Secret that exists must have both keys; otherwise the pods would wait for them without a word. */ -}}
{{- define "historia-clinica.validate.secretComplete" -}}
{{- $name := include "historia-clinica.auth.secretName" . -}}
{{- with lookup "v1" "Secret" .Release.Namespace $name -}}
{{- $data := .data | default dict -}}
{{- $keys := list $.Values.auth.secretKeys.postgresPassword $.Values.auth.secretKeys.appPassword -}}
{{- if $.Values.middleware.enabled -}}
{{- $keys = append $keys $.Values.middleware.database.secretKey -}}
{{- end -}}
{{- range $keys | uniq -}}
{{- if not (get $data .) }}
auth.secretKeys: al Secret "{{ $name }}" le falta la clave "{{ . }}". Añádala, o corrija los nombres en auth.secretKeys.
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* A Secret of one's own from before the API signed has no such key: said while nothing has changed, and the pods that run
need none. The chart's own Secret gets what it lacks. */ -}}
{{- define "historia-clinica.validate.signingKeyKnown" -}}
{{- $name := include "historia-clinica.auth.secretName" . -}}
{{- $key := .Values.auth.secretKeys.signingKey -}}
{{- with and .Values.middleware.enabled (lookup "v1" "Secret" .Release.Namespace $name) -}}
{{- $held := get (.data | default dict) $key | b64dec -}}
{{- if and (or $held $.Values.auth.existingSecret) (lt (len $held) 32) -}}
auth.secretKeys.signingKey: al Secret "{{ $name }}" le falta la clave "{{ $key }}", con la que la API firma, o tiene menos de 32 caracteres. Añádala y repita: kubectl --namespace {{ .metadata.namespace }} patch secret {{ $name }} --type=merge --patch-file=/dev/stdin <<< "{\"stringData\": {\"{{ $key }}\": \"$(openssl rand -hex 32)\"}}"
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* A StatefulSet under another name would be born empty, and Helm would remove the one that holds the data. */ -}}
{{- define "historia-clinica.validate.renamed" -}}
{{- if .Release.IsUpgrade -}}
{{- $names := dict "coordinator" (include "historia-clinica.coordinator.name" .)
  "worker" (include "historia-clinica.worker.name" .) -}}
{{- range (lookup "apps/v1" "StatefulSet" .Release.Namespace "").items -}}
{{- $labels := .metadata.labels | default dict -}}
{{- $component := get $labels "app.kubernetes.io/component" -}}
{{- if and (eq (get $labels "app.kubernetes.io/instance") $.Release.Name) (hasKey $names $component) -}}
{{- if ne .metadata.name (get $names $component) }}
fullnameOverride: los datos están en el StatefulSet "{{ .metadata.name }}", y con estos valores se llamaría "{{ get $names $component }}" y nacería vacío. Devuelva coordinator.fullnameOverride y workers.fullnameOverride a como estaban.
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* A Service that is published to people whom the policy turns away helps nobody. */ -}}
{{- define "historia-clinica.validate.clients" -}}
{{- if and .Values.networkPolicy.enabled .Values.middleware.enabled (ne .Values.middleware.service.type "ClusterIP") -}}
{{- $outside := false -}}
{{- range .Values.networkPolicy.clients -}}
{{- $outside = or $outside (hasKey . "ipBlock") -}}
{{- end -}}
{{- if not $outside }}
networkPolicy.clients: middleware.service.type es {{ .Values.middleware.service.type }}, que publica la API fuera del clúster, pero la lista no admite a nadie de fuera. Añada las redes de sus usuarios, por ejemplo {ipBlock: {cidr: 10.0.0.0/8}}, o deje middleware.service.type en ClusterIP.
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* An image that certainly holds no Citus; the Job would find out only after minutes. */ -}}
{{- define "historia-clinica.validate.citusImage" -}}
{{- with .Values.postgresql.image.repository -}}
{{- if and $.Values.workers.count (has . (list "postgres" "library/postgres")) }}
workers.count: es {{ int $.Values.workers.count }}, pero la imagen {{ . }} no trae Citus y sin él no hay workers. Ponga workers.count=0, o una imagen con Citus en postgresql.image.
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* What moving shards cannot do without. */ -}}
{{- define "historia-clinica.validate.walLevel" -}}
{{- $level := get .Values.postgresql.parameters "wal_level" | default "replica" -}}
{{- if and .Values.workers.count (ne $level "logical") }}
postgresql.parameters: wal_level es "{{ $level }}", y los pacientes se mueven entre workers por replicación lógica. Ponga postgresql.parameters.wal_level=logical.
{{- end -}}
{{- end -}}

{{- /* Tools that take plain manifests do not ask the cluster, so that each rendering would make other passwords. */ -}}
{{- define "historia-clinica.validate.jobMode" -}}
{{- if and (eq .Values.hooks.mode "job") (not .Values.auth.existingSecret) }}
auth.existingSecret: está vacío y hooks.mode es job. Quien aplica manifiestos sin Helm generaría contraseñas nuevas cada vez: cree un Secret y ponga su nombre en auth.existingSecret y en middleware.database.existingSecret.
{{- end -}}
{{- if and (eq .Values.hooks.mode "job") (eq (include "historia-clinica.tls.mode" .) "generated") }}
tls.mode: es generated y hooks.mode es job. Quien aplica manifiestos sin Helm generaría un certificado nuevo cada vez: use tls.mode=certManager o tls.mode=existingSecret.
{{- end -}}
{{- end -}}
