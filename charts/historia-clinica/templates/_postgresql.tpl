{{- /* What coordinator and workers share, so that they stay equal. */ -}}

{{- /* Name of the database and of its owner; the laboratory's users know them, so they are no values. */ -}}
{{- define "historia-clinica.postgresql.database" -}}historia_clinica{{- end -}}
{{- define "historia-clinica.postgresql.owner" -}}admin{{- end -}}

{{- /* Pod template of a database node. Context: root, component, name (of the StatefulSet) and values (of the workload). */ -}}
{{- define "historia-clinica.postgresql.podTemplate" -}}
metadata:
  labels: {{- include "historia-clinica.podLabels" . | nindent 4 }}
  annotations:
    {{- with .values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    checksum/config: {{ include "historia-clinica.postgresql.hba" .root | sha256sum }}
spec:
  {{- include "historia-clinica.pod" (merge (dict "uid" 999) .) | nindent 2 }}
  terminationGracePeriodSeconds: {{ .root.Values.postgresql.terminationGracePeriodSeconds | int }}
  containers:
    - name: postgresql
      image: {{ include "historia-clinica.image" (dict "root" .root "image" .root.Values.postgresql.image) | quote }}
      imagePullPolicy: {{ .root.Values.postgresql.image.pullPolicy }}
      args: {{- include "historia-clinica.postgresql.args" . | nindent 8 }}
      env: {{- include "historia-clinica.postgresql.env" . | nindent 8 }}
      ports:
        - name: postgresql
          containerPort: 5432
      {{- include "historia-clinica.postgresql.probes" .root | nindent 6 }}
      resources: {{- toYaml .values.resources | nindent 8 }}
      securityContext: {{- include "historia-clinica.securityContext" . | nindent 8 }}
      volumeMounts:
        - name: pgdata
          mountPath: /pgdata
        - name: config
          mountPath: /etc/historia
          readOnly: true
        - name: run
          mountPath: /var/run/postgresql
        - name: tmp
          mountPath: /tmp
        - name: shm
          mountPath: /dev/shm
        {{- if include "historia-clinica.tls.enabled" .root }}
        {{- include "historia-clinica.tls.mount" .root | nindent 8 }}
        {{- end }}
        {{- include "historia-clinica.extraVolumeMounts" . | indent 8 }}
  volumes:
    - name: config
      configMap:
        name: {{ include "historia-clinica.postgresql.configName" .root }}
    - name: run
      emptyDir: {}
    - name: tmp
      emptyDir: {}
    - name: shm
      emptyDir:
        medium: Memory
        sizeLimit: {{ .root.Values.postgresql.sharedMemory }}
    {{- if include "historia-clinica.tls.enabled" .root }}
    {{- include "historia-clinica.tls.volume" (dict "root" .root "files" (list "tls.crt" "tls.key" "ca.crt")) | nindent 4 }}
    {{- end }}
    {{- include "historia-clinica.extraVolumes" . | indent 4 }}
{{- end -}}

{{- /* The file that says who may log in. Context: root. */ -}}
{{- define "historia-clinica.postgresql.hba" -}}
{{- $file := ternary "pg_hba-tls.conf" "pg_hba.conf" (eq (include "historia-clinica.tls.enabled" .) "true") -}}
{{- .Files.Get (printf "files/%s" $file) | trim -}}
{{- end -}}

{{- /* Arguments of the server. listen_addresses is not among them: the images of this family listen on all addresses, except
for the temporary server of the first start, which must not be reachable before the database exists. Context as above. */ -}}
{{- define "historia-clinica.postgresql.args" -}}
{{- $domain := include "historia-clinica.nodeDomain" . -}}
- -c
- hba_file=/etc/historia/pg_hba.conf
- -c
- citus.local_hostname=$(POD_NAME).{{ $domain }}
{{- range $name, $value := include "historia-clinica.tls.parameters" .root | fromYaml }}
- -c
- {{ printf "%s=%s" $name $value | quote }}
{{- end }}
{{- range $name, $value := .root.Values.postgresql.parameters }}
- -c
- {{ printf "%s=%s" $name (kindIs "float64" $value | ternary (int64 $value | toString) (toString $value)) | quote }}
{{- end }}
{{- end -}}

{{- /* Environment of the container: the variables of the official image. The data lives below a mount of our own, so that the
default data directory of an image, and its move between majors, does not matter. Context as above. */ -}}
{{- define "historia-clinica.postgresql.env" -}}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: PGDATA
  value: /pgdata/data
- name: POSTGRES_DB
  value: {{ include "historia-clinica.postgresql.database" .root }}
- name: POSTGRES_USER
  value: {{ include "historia-clinica.postgresql.owner" .root }}
{{ include "historia-clinica.auth.env"
  (dict "root" .root "name" "POSTGRES_PASSWORD" "key" .root.Values.auth.secretKeys.postgresPassword) }}
- name: POSTGRES_INITDB_ARGS
  value: {{ .root.Values.postgresql.initdbArgs | quote }}
{{- if include "historia-clinica.tls.enabled" .root }}
- name: PGSSLROOTCERT
  value: {{ include "historia-clinica.tls.folder" .root }}/ca.crt
{{- end }}
{{- include "historia-clinica.extraEnv" . }}
{{- end -}}

{{- /* Probes, over TCP: the temporary server of the first start listens on the socket only. None needs another node. Liveness
is patient, as a server that recovers from a crash refuses connections for a while. Context: root. */ -}}
{{- define "historia-clinica.postgresql.probes" -}}
{{- $command := list "pg_isready" "-h" "127.0.0.1" "-p" "5432"
  "-U" (include "historia-clinica.postgresql.owner" .) "-d" (include "historia-clinica.postgresql.database" .) -}}
startupProbe:
  exec:
    command: {{- toYaml $command | nindent 6 }}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: {{ div (add (int .Values.postgresql.startupSeconds) 4) 5 }}
readinessProbe:
  exec:
    command: {{- toYaml $command | nindent 6 }}
  periodSeconds: 5
  timeoutSeconds: 5
livenessProbe:
  exec:
    command: {{- toYaml $command | nindent 6 }}
  periodSeconds: 20
  timeoutSeconds: 10
  failureThreshold: 9
{{- end -}}

{{- /* Volume claim template of a node; immutable, so it carries no label. Context: storage (the values). */ -}}
{{- define "historia-clinica.postgresql.claim" -}}
metadata:
  name: pgdata
  {{- with .storage.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  accessModes: [ReadWriteOnce]
  {{- with .storage.storageClass }}
  storageClassName: {{ . }}
  {{- end }}
  resources:
    requests:
      storage: {{ .storage.size }}
{{- end -}}
