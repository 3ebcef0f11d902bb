{{- /* Image reference: registry/repository@digest, or registry/repository:tag. Context: image (the values) and root, whose
appVersion stands for an empty tag. */ -}}
{{- define "historia-clinica.image" -}}
{{- with .image.registry }}{{ . }}/{{ end -}}
{{- .image.repository -}}
{{- if .image.digest }}@{{ .image.digest }}{{ else }}:{{ .image.tag | default .root.Chart.AppVersion }}{{ end -}}
{{- end -}}
