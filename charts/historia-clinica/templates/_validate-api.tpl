{{- /* Mistakes between the API's values and those of the rest; as in _validate.tpl. */ -}}

{{- /* An Ingress whose controller the policy turns away answers everybody with an error. Whoever named more than the pods of the
namespace has thought of it: a controller may run there too. */ -}}
{{- define "historia-clinica.validate.ingress" -}}
{{- if and .Values.networkPolicy.enabled .Values.middleware.enabled .Values.middleware.ingress.enabled -}}
{{- $named := not (empty .Values.networkPolicy.extra.middleware.ingress) -}}
{{- range .Values.networkPolicy.clients -}}
{{- $named = or $named (hasKey . "namespaceSelector") (hasKey . "ipBlock") (not (empty .podSelector)) -}}
{{- end -}}
{{- if not $named }}
networkPolicy.clients: middleware.ingress.enabled es true, pero la lista no nombra al controlador de Ingress y nada suyo llegaría a la API. Añada su namespace, por ejemplo {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ingress-nginx}}}, o sus pods si está en este: {podSelector: {matchLabels: {…}}}.
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* A way to a provider that nobody asks. */ -}}
{{- define "historia-clinica.validate.oidc" -}}
{{- if and (or .Values.networkPolicy.oidc.to .Values.networkPolicy.oidc.ports) (not .Values.middleware.oidc.issuer) }}
networkPolicy.oidc: dice por dónde se llega al proveedor de identidad, y middleware.oidc.issuer está vacío. Ponga su dirección en middleware.oidc.issuer, o deje vacío networkPolicy.oidc.
{{- end -}}
{{- end -}}

{{- /* All pods of the API, one more during an upgrade, must find a place in every node; a server that is full refuses the Jobs and
other nodes too. */ -}}
{{- define "historia-clinica.validate.connections" -}}
{{- if .Values.middleware.enabled -}}
{{- $env := .Values.middleware.extraEnv -}}
{{- $scaled := .Values.middleware.autoscaling.enabled -}}
{{- $pods := include "middleware.maxReplicas" (dict "Values" .Values.middleware) | int -}}
{{- $each := mul (get $env "HISTORIA_POOL_SIZE" | default "8" | int) (get $env "HISTORIA_SERVER_WORKERS" | default "1" | int) -}}
{{- $wanted := mul (add $pods 1) $each -}}
{{- $have := get .Values.postgresql.parameters "max_connections" | default 100 | int -}}
{{- if gt $wanted $have }}
middleware.{{ $scaled | ternary "autoscaling.maxReplicas" "replicaCount" }}: es {{ $pods }}; con uno más mientras se actualiza, sus pods abren hasta {{ $wanted }} conexiones con un nodo, y postgresql.parameters.max_connections es {{ $have }}. Baje el número de pods o HISTORIA_POOL_SIZE en middleware.extraEnv, o suba max_connections.
{{- end -}}
{{- end -}}
{{- end -}}
