{{- /* Image reference: registry/repository@digest, or registry/repository:tag. Context: image (the values) and root, whose
appVersion stands for an empty tag. */ -}}
{{- define "historia-clinica.image" -}}
{{- with .image.registry }}{{ . }}/{{ end -}}
{{- .image.repository -}}
{{- if .image.digest }}@{{ .image.digest }}{{ else }}:{{ .image.tag | default .root.Chart.AppVersion }}{{ end -}}
{{- end -}}

{{- /* PostgreSQL major of the database image: the value, or what the tag says after -pg; empty: not known. A digest wins over
the tag, which may then say anything. */ -}}
{{- define "historia-clinica.postgresql.major" -}}
{{- with .Values.postgresql.image -}}
{{- $suffix := ternary "" (regexFind "-pg[0-9]+" .tag) (ne .digest "") -}}
{{- .postgresqlMajor | default (trimPrefix "-pg" $suffix) -}}
{{- end -}}
{{- end -}}

{{- /* Citus version of the database image: the value, or the numbers with which the tag of an image called citus begins; empty:
not known, as above. */ -}}
{{- define "historia-clinica.postgresql.citusVersion" -}}
{{- with .Values.postgresql.image -}}
{{- $numbers := ternary (regexFind "^[0-9]+[.][0-9]+([.][0-9]+)?" .tag) "" (and (eq .digest "") (eq (base .repository) "citus")) -}}
{{- .citusVersion | default $numbers -}}
{{- end -}}
{{- end -}}
