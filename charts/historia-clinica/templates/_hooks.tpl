{{- /* What the Jobs and the test Pod share. */ -}}

{{- /* Metadata of a Job. A plain Job is immutable, so its name follows what it does and the revision, where a tool counts any.
Context: root, component, values (hooks), command, seconds (of waiting) and events (of Helm). */ -}}
{{- define "historia-clinica.hooks.jobMetadata" -}}
{{- $name := printf "%s-%s" (include "historia-clinica.fullname" .root) .command -}}
{{- $annotations := deepCopy .values.jobAnnotations -}}
{{- if eq .values.mode "job" -}}
{{- $name = printf "%d %s" .root.Release.Revision (include "historia-clinica.hooks.jobSpec" .) | sha256sum | trunc 8
  | printf "%s-%s" $name -}}
{{- else -}}
{{- $annotations = mergeOverwrite $annotations (dict "helm.sh/hook" .events "helm.sh/hook-weight" "10"
  "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded" "helm.sh/hook-output-log-policy" "hook-failed") -}}
{{- end -}}
name: {{ $name }}
labels: {{- include "historia-clinica.labels" . | nindent 2 }}
{{- with $annotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* Spec of a Job that runs one command. Context: root, component, values (hooks), command and seconds (of waiting),
and deadline where the work may take longer than the waiting. */ -}}
{{- define "historia-clinica.hooks.jobSpec" -}}
backoffLimit: {{ .values.backoffLimit | int }}
activeDeadlineSeconds: {{ .deadline | default (add (int .seconds) 45) | int }}
podFailurePolicy:
  rules:
    # wrong usage, wrong configuration and an altered audit do not get better by trying again
    - action: FailJob
      onExitCodes:
        containerName: {{ .command }}
        operator: In
        values: [2, 65, 78]
    # a drained or preempted node is nobody's failure
    - action: Ignore
      onPodConditions:
        - type: DisruptionTarget
          status: "True"
template:
  metadata:
    labels: {{- include "historia-clinica.podLabels" . | nindent 6 }}
    {{- with .values.podAnnotations }}
    annotations: {{- toYaml . | nindent 6 }}
    {{- end }}
  spec: {{- include "historia-clinica.hooks.podSpec" . | nindent 4 }}
{{- end -}}

{{- /* Pod spec that runs one command of historia-hooks. Context: root, component, values (hooks), command and seconds (of waiting);
for those of the audit, audit; and args, where
it takes any. */ -}}
{{- define "historia-clinica.hooks.podSpec" -}}
{{- include "historia-clinica.pod" (merge (dict "uid" 10001) .) }}
restartPolicy: Never
containers:
  - name: {{ .command }}
    image: {{ include "historia-clinica.image" (dict "root" .root "image" .values.image) | quote }}
    imagePullPolicy: {{ .values.image.pullPolicy }}
    args: {{ prepend (.args | default list) .command | toJson }}
    env: {{- include "historia-clinica.hooks.env" . | nindent 6 }}
    resources: {{- toYaml .values.resources | nindent 6 }}
    securityContext: {{- include "historia-clinica.securityContext" . | nindent 6 }}
    volumeMounts:
      - name: tmp
        mountPath: /tmp
      {{- if include "historia-clinica.tls.enabled" .root }}
      {{- include "historia-clinica.tls.mount" .root | nindent 6 }}
      {{- end }}
      {{- if .audit }}
      {{- include "historia-clinica.audit.volumeMounts" . | indent 6 }}
      {{- end }}
      {{- include "historia-clinica.extraVolumeMounts" . | indent 6 }}
volumes:
  - name: tmp
    emptyDir:
      sizeLimit: {{ ternary .root.Values.audit.scratch "64Mi" (hasKey . "audit") }}
  {{- if include "historia-clinica.tls.enabled" .root }}
  {{- /* drain runs before this revision brings the Secret; the database is then no other than a silent one to it */}}
  {{- $tls := dict "root" .root "files" (list "tls.crt" "ca.crt") "optional" (eq .command "drain") }}
  {{- include "historia-clinica.tls.volume" $tls | nindent 2 }}
  {{- end }}
  {{- if .audit }}
  {{- include "historia-clinica.audit.volumes" . | indent 2 }}
  {{- end }}
  {{- include "historia-clinica.extraVolumes" . | indent 2 }}
{{- end -}}

{{- /* Environment of historia-hooks: where the coordinator is, what it is called, and the state that is wanted; no variable
is empty, which `kubectl apply` would take for a change each time. Context as above. */ -}}
{{- define "historia-clinica.hooks.env" -}}
- name: POSTGRES_HOST
  value: {{ include "historia-clinica.coordinator.name" .root }}
- name: POSTGRES_PORT
  value: "5432"
- name: POSTGRES_DB
  value: {{ include "historia-clinica.postgresql.database" .root }}
- name: POSTGRES_USER
  value: {{ include "historia-clinica.postgresql.owner" .root }}
{{- $keys := .root.Values.auth.secretKeys }}
{{ include "historia-clinica.auth.env" (dict "root" .root "name" "POSTGRES_PASSWORD" "key" $keys.postgresPassword) }}
{{ include "historia-clinica.auth.env" (dict "root" .root "name" "HISTORIA_APP_PASSWORD" "key" $keys.appPassword) }}
{{ include "historia-clinica.auth.env" (dict "root" .root "name" "POSTGRES_PASSWORD_PREVIOUS"
  "key" $keys.postgresPasswordPrevious "optional" true) }}
{{ include "historia-clinica.auth.env" (dict "root" .root "name" "HISTORIA_APP_PASSWORD_B"
  "key" $keys.appPasswordB "optional" true) }}
{{- if include "historia-clinica.tls.enabled" .root }}
{{ include "historia-clinica.tls.env" .root }}
{{- end }}
- name: HISTORIA_COORDINATOR
  value: {{ include "historia-clinica.coordinator.node" .root }}
{{- with include "historia-clinica.worker.nodes" .root }}
- name: HISTORIA_WORKERS
  value: {{ . | quote }}
{{- end }}
- name: HISTORIA_USUARIO
  value: {{ .root.Values.citus.usuario }}
- name: HISTORIA_TIMEOUT
  value: {{ .seconds | int | quote }}
{{- if has .command (list "sync" "drain") }}
{{- with include "historia-clinica.postgresql.citusVersion" .root }}
- name: HISTORIA_CITUS_VERSION
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- if eq .command "sync" }}
{{ include "historia-clinica.auth.env" (dict "root" .root "name" "HISTORIA_SIGNING_KEY" "key" $keys.signingKey "optional" true) }}
{{- if .root.Values.middleware.enabled }}
{{ include "historia-clinica.auth.env" (dict "root" .root "name" "HISTORIA_SIGNING_KEYS_ACCEPTED"
  "key" .root.Values.middleware.signing.acceptedSecretKey "optional" true) }}
{{- end }}
- name: HISTORIA_REBALANCE
  value: {{ .root.Values.rebalance.policy }}
{{- with include "historia-clinica.auth.administrator" .root }}
- name: HISTORIA_ADMIN_DOCUMENTO
  value: {{ . | quote }}
- name: HISTORIA_ADMIN_NOMBRE
  value: {{ $.root.Values.auth.administrator.nombre | quote }}
- name: HISTORIA_ADMIN_CORREO
  value: {{ $.root.Values.auth.administrator.correo | quote }}
{{ include "historia-clinica.auth.env" (dict "root" $.root "name" "HISTORIA_ADMIN_PASSWORD"
  "key" $keys.administratorPassword "optional" true) }}
{{- end }}
{{- end }}
{{- if eq .command "drain" }}
{{- with include "historia-clinica.postgresql.major" .root }}
- name: HISTORIA_POSTGRES_MAJOR
  value: {{ . | quote }}
{{- end }}
- name: HISTORIA_DRAIN
  value: {{ .root.Values.drain.enabled | quote }}
- name: HISTORIA_FIRST_LEAVING
  value: {{ include "historia-clinica.worker.node" (dict "root" .root "ordinal" (int .root.Values.workers.count)) }}
{{- end }}
{{- if eq .command "selftest" }}
- name: HISTORIA_API_URL
  value: http://{{ include "historia-clinica.middleware.serviceName" .root }}:{{ .root.Values.middleware.service.port | int }}
{{- end }}
{{- if .audit }}
{{- include "historia-clinica.audit.env" . }}
{{- end }}
{{- include "historia-clinica.extraEnv" . }}
{{- end -}}
