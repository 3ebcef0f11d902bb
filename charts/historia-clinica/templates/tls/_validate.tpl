{{- /* Mistakes about encryption; as in ../_validate.tpl. */ -}}

{{- /* Each mode has values of its own. */ -}}
{{- define "historia-clinica.validate.tlsMode" -}}
{{- $mode := include "historia-clinica.tls.mode" . -}}
{{- $secret := .Values.tls.existingSecret -}}
{{- if and (eq $mode "existingSecret") (not $secret) }}
tls.existingSecret: está vacío y tls.mode es existingSecret. Ponga el nombre de un Secret con las claves tls.crt, tls.key y ca.crt.
{{- end -}}
{{- if and $secret (ne $mode "existingSecret") }}
tls.existingSecret: es "{{ $secret }}", pero tls.mode es {{ $mode }} y no se usaría. Ponga tls.mode=existingSecret, o deje vacío tls.existingSecret.
{{- end -}}
{{- if and (eq $mode "certManager") (not .Values.tls.certManager.issuerRef.name) }}
tls.certManager.issuerRef.name: está vacío y tls.mode es certManager. Ponga el nombre de un Issuer que sea una CA privada.
{{- end -}}
{{- end -}}

{{- /* The API must trust the nodes as they trust each other. */ -}}
{{- define "historia-clinica.validate.tlsClient" -}}
{{- if .Values.middleware.enabled -}}
{{- $mode := include "historia-clinica.tls.mode" . -}}
{{- with .Values.middleware.database -}}
{{- $want := include "historia-clinica.tls.secretName" $ -}}
{{- $have := tpl .caSecret $ -}}
{{- if and (eq $mode "off") (ne .sslmode "prefer") }}
middleware.database.sslmode: es "{{ .sslmode }}", pero con tls.mode off los nodos no tienen certificado. Ponga middleware.database.sslmode=prefer, u otro tls.mode.
{{- else if and (ne $mode "off") (ne .sslmode "verify-full") }}
middleware.database.sslmode: es "{{ .sslmode }}", pero con tls.mode {{ $mode }} los nodos tienen certificado y la API debe comprobarlo. Ponga middleware.database.sslmode=verify-full.
{{- else if and (ne $mode "off") (ne $have $want) }}
middleware.database.caSecret: es "{{ $have }}", pero la CA está en el Secret "{{ $want }}". Ponga middleware.database.caSecret={{ $want }}.
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* A Secret that exists must have every file; otherwise the pods would wait for them without a word. */ -}}
{{- define "historia-clinica.validate.tlsComplete" -}}
{{- if eq (include "historia-clinica.tls.mode" .) "existingSecret" -}}
{{- with lookup "v1" "Secret" .Release.Namespace .Values.tls.existingSecret -}}
{{- $data := .data | default dict -}}
{{- range list "tls.crt" "tls.key" "ca.crt" -}}
{{- if not (get $data .) }}
tls.existingSecret: al Secret "{{ $.Values.tls.existingSecret }}" le falta la clave "{{ . }}". Añádala.
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
