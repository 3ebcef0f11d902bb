{{- /* Mistakes about the seals of the audit; as in ../_validate.tpl. */ -}}

{{- /* A key is needed where something is signed or a signature is checked, and each has its own. */ -}}
{{- define "historia-clinica.validate.audit" -}}
{{- $seals := .Values.audit.seals -}}
{{- $verify := .Values.audit.verify -}}
{{- $bucket := $seals.bucket -}}
{{- $claim := include "historia-clinica.audit.claim" . -}}
{{- if and $seals.enabled (not $seals.existingSecret) }}
audit.seals.existingSecret: está vacío y audit.seals.enabled es true. Ponga el nombre de un Secret con la clave privada Ed25519 en "{{ $seals.secretKey }}" (docs/operar.md dice cómo hacerla), o audit.seals.enabled=false.
{{- end -}}
{{- if and $verify.enabled (or $claim $bucket.name) (not $verify.existingSecret) }}
audit.verify.existingSecret: está vacío, y para comprobar los sellos {{ ternary "del bucket" "del volumen" (ne $bucket.name "") }} hace falta la clave pública. Ponga el nombre de un Secret que la tenga en "{{ $verify.secretKey }}".
{{- end -}}
{{- if and $verify.existingSecret (not $claim) (not $bucket.name) }}
audit.verify.existingSecret: es "{{ $verify.existingSecret }}", pero sin audit.seals.persistence.enabled ni audit.seals.bucket.name no hay sellos que comprobar y no se usaría. Ponga audit.seals.persistence.enabled=true, o deje vacío audit.verify.existingSecret.
{{- end -}}
{{- if and $verify.existingSecret (eq $verify.existingSecret $seals.existingSecret) (eq $verify.secretKey $seals.secretKey) }}
audit.verify.secretKey: es "{{ $verify.secretKey }}", la clave privada con la que se sella. Quien verifica solo necesita la pública: guárdela con otro nombre y póngalo en audit.verify.secretKey.
{{- end -}}
{{- if and $seals.persistence.existingClaim (not $seals.persistence.enabled) }}
audit.seals.persistence.existingClaim: es "{{ $seals.persistence.existingClaim }}", pero audit.seals.persistence.enabled es false y no se usaría. Ponga audit.seals.persistence.enabled=true, o déjelo vacío.
{{- end -}}
{{- if and $bucket.name $seals.enabled (not $claim) }}
audit.seals.bucket.name: es "{{ $bucket.name }}", pero sin audit.seals.persistence.enabled un sello que no llegue al bucket se perdería. Ponga audit.seals.persistence.enabled=true.
{{- end -}}
{{- if and $bucket.name (not $seals.enabled) (not $verify.enabled) }}
audit.seals.bucket.name: es "{{ $bucket.name }}", pero nadie sella ni verifica y no se usaría. Ponga audit.seals.enabled=true o audit.verify.enabled=true, o déjelo vacío.
{{- end -}}
{{- range list "endpoint" "region" "prefix" "existingSecret" "caConfigMap" "peers" "port" -}}
{{- if and (get $bucket .) (not $bucket.name) }}
audit.seals.bucket.{{ . }}: tiene un valor, pero audit.seals.bucket.name está vacío y no se usaría. Ponga el nombre del bucket, o quite el valor.
{{- end -}}
{{- end -}}
{{- if and $bucket.caConfigMap $bucket.name (not $bucket.endpoint) }}
audit.seals.bucket.caConfigMap: es "{{ $bucket.caConfigMap }}", pero sin audit.seals.bucket.endpoint el bucket es de AWS, que no usa esa CA. Ponga la dirección de su almacén, o déjelo vacío.
{{- end -}}
{{- end -}}

{{- /* A Secret that exists must hold that key; otherwise pods would wait for it without a word, or the private one reach those who
only verify. */ -}}
{{- define "historia-clinica.validate.auditComplete" -}}
{{- with .Values.audit.seals.bucket -}}
{{- if and .name .existingSecret -}}
{{- $secret := lookup "v1" "Secret" $.Release.Namespace .existingSecret -}}
{{- range $value, $key := dict "accessKeyIdKey" .accessKeyIdKey "secretAccessKeyKey" .secretAccessKeyKey -}}
{{- if and $secret (not (get ($secret.data | default dict) $key)) }}
audit.seals.bucket.{{ $value }}: al Secret "{{ $.Values.audit.seals.bucket.existingSecret }}" le falta la clave "{{ $key }}". Añádala, o corrija su nombre.
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
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
