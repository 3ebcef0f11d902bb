{{- /* Mistakes about the seals of the audit; as in ../_validate.tpl. */ -}}

{{- /* A key is needed where something is signed or a signature is checked, and each has its own. */ -}}
{{- define "historia-clinica.validate.audit" -}}
{{- $seals := .Values.audit.seals -}}
{{- $verify := .Values.audit.verify -}}
{{- $claim := include "historia-clinica.audit.claim" . -}}
{{- if and $seals.enabled (not $seals.existingSecret) }}
audit.seals.existingSecret: está vacío y audit.seals.enabled es true. Ponga el nombre de un Secret con la clave privada Ed25519 en "{{ $seals.secretKey }}" (docs/operar.md dice cómo hacerla), o audit.seals.enabled=false.
{{- end -}}
{{- if and $verify.enabled $claim (not $verify.existingSecret) }}
audit.verify.existingSecret: está vacío, y para comprobar los sellos del volumen hace falta la clave pública. Ponga el nombre de un Secret que la tenga en "{{ $verify.secretKey }}".
{{- end -}}
{{- if and $verify.existingSecret (not $claim) }}
audit.verify.existingSecret: es "{{ $verify.existingSecret }}", pero sin audit.seals.persistence.enabled no hay sellos que comprobar y no se usaría. Ponga audit.seals.persistence.enabled=true, o deje vacío audit.verify.existingSecret.
{{- end -}}
{{- if and $verify.existingSecret (eq $verify.existingSecret $seals.existingSecret) (eq $verify.secretKey $seals.secretKey) }}
audit.verify.secretKey: es "{{ $verify.secretKey }}", la clave privada con la que se sella. Quien verifica solo necesita la pública: guárdela con otro nombre y póngalo en audit.verify.secretKey.
{{- end -}}
{{- if and $seals.persistence.existingClaim (not $seals.persistence.enabled) }}
audit.seals.persistence.existingClaim: es "{{ $seals.persistence.existingClaim }}", pero audit.seals.persistence.enabled es false y no se usaría. Ponga audit.seals.persistence.enabled=true, o déjelo vacío.
{{- end -}}
{{- end -}}

{{- /* A Secret that exists must hold that key; otherwise pods would wait for it without a word, or the private one reach those who
only verify. */ -}}
{{- define "historia-clinica.validate.auditComplete" -}}
{{- range $part, $audit := pick .Values.audit "seals" "verify" -}}
{{- if and $audit.enabled $audit.existingSecret -}}
{{- with lookup "v1" "Secret" $.Release.Namespace $audit.existingSecret -}}
{{- $private := contains "PRIVATE" (get (.data | default dict) $audit.secretKey | b64dec) -}}
{{- if not (get (.data | default dict) $audit.secretKey) }}
audit.{{ $part }}.secretKey: al Secret "{{ $audit.existingSecret }}" le falta la clave "{{ $audit.secretKey }}". Añádala, o corrija su nombre.
{{- else if ne $private (eq $part "seals") }}
audit.{{ $part }}.secretKey: en el Secret "{{ $audit.existingSecret }}", "{{ $audit.secretKey }}" es la clave {{ ternary "privada, y quien verifica solo necesita la pública" "pública, y para sellar hace falta la privada" $private }}. Corrija el nombre o el Secret.
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
