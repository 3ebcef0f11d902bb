{{- /* Encryption between clients and nodes, and from node to node. Each define takes the root context ($) unless it says
otherwise. */ -}}

{{- /* The mode; YAML reads a bare `off` as false. */ -}}
{{- define "historia-clinica.tls.mode" -}}
{{- kindIs "bool" .Values.tls.mode | ternary "off" .Values.tls.mode -}}
{{- end -}}

{{- /* Not empty when the nodes have certificates. */ -}}
{{- define "historia-clinica.tls.enabled" -}}
{{- ne (include "historia-clinica.tls.mode" .) "off" | ternary "true" "" -}}
{{- end -}}

{{- /* Secret with tls.crt, tls.key and ca.crt. */ -}}
{{- define "historia-clinica.tls.secretName" -}}
{{- if eq (include "historia-clinica.tls.mode" .) "existingSecret" -}}
{{- .Values.tls.existingSecret -}}
{{- else -}}
{{- printf "%s-tls" (include "historia-clinica.fullname" .) -}}
{{- end -}}
{{- end -}}

{{- /* Names by which a node may be reached, as a YAML list: the Service of the coordinator, that of all workers (the API
asks it for one while the coordinator is away), all nodes that scaling can reach, and loopback for `kubectl port-forward`. */ -}}
{{- define "historia-clinica.tls.names" -}}
{{- $names := list -}}
{{- $coordinator := include "historia-clinica.coordinator.name" . -}}
{{- $worker := include "historia-clinica.worker.name" . -}}
{{- range $service := list $coordinator (printf "%s-nodes" $worker) -}}
{{- $inside := printf "%s.%s" $service $.Release.Namespace -}}
{{- $names = concat $names (list $service $inside (printf "%s.svc" $inside) (printf "%s.svc.%s" $inside $.Values.clusterDomain)) -}}
{{- end -}}
{{- range $name := list $coordinator $worker -}}
{{- $names = append $names (printf "*.%s" (include "historia-clinica.nodeDomain" (dict "root" $ "name" $name))) -}}
{{- end -}}
{{- append $names "localhost" | toYaml -}}
{{- end -}}

{{- /* Fingerprint of what a generated certificate is made from; another one asks for a new certificate. */ -}}
{{- define "historia-clinica.tls.recipe" -}}
{{- with .Values.tls.generated -}}
{{- printf "%s %d %d" (include "historia-clinica.tls.names" $) (int .validityDays) (int .revision) | sha256sum | trunc 16 -}}
{{- end -}}
{{- end -}}

{{- /* Data of the generated Secret: what the cluster holds while its recipe is the same; else a new certificate of the CA
that the cluster holds; else a new CA too. With auth.password, the only place where anything random is made. */ -}}
{{- define "historia-clinica.tls.generatedData" -}}
{{- $secret := lookup "v1" "Secret" .Release.Namespace (include "historia-clinica.tls.secretName" .) -}}
{{- $have := $secret.data | default dict -}}
{{- $recipe := get (dig "metadata" "annotations" dict $secret) "historia-clinica/recipe" -}}
{{- $complete := and (get $have "ca.crt") (get $have "ca.key") (get $have "tls.crt") (get $have "tls.key") -}}
{{- if and $complete (eq $recipe (include "historia-clinica.tls.recipe" .)) -}}
{{- $have | toYaml -}}
{{- else -}}
{{- $days := int .Values.tls.generated.validityDays -}}
{{- $name := include "historia-clinica.fullname" . -}}
{{- $ca := dict -}}
{{- if and (get $have "ca.crt") (get $have "ca.key") -}}
{{- $ca = buildCustomCert (get $have "ca.crt") (get $have "ca.key") -}}
{{- else -}}
{{- $ca = genCAWithKey (printf "%s CA" $name) $days (genPrivateKey "ecdsa") -}}
{{- end -}}
{{- $names := include "historia-clinica.tls.names" . | fromYamlArray -}}
{{- $node := genSignedCertWithKey $name (list "127.0.0.1") $names $days $ca (genPrivateKey "ecdsa") -}}
ca.crt: {{ $ca.Cert | b64enc }}
ca.key: {{ $ca.Key | b64enc }}
tls.crt: {{ $node.Cert | b64enc }}
tls.key: {{ $node.Key | b64enc }}
{{- end -}}
{{- end -}}

{{- /* Folder of the files in every pod. Each connection reads the CA anew, and a server its certificate on a reload. */ -}}
{{- define "historia-clinica.tls.folder" -}}/etc/historia-tls{{- end -}}

{{- /* Parameters of the servers, as a YAML map. How the nodes check each other; Citus repeats it in the subscriptions that
move shards. The CA is said by PGSSLROOTCERT: not every entrypoint keeps a value with a blank together. Without
certificates nodes take what the other side offers. */ -}}
{{- define "historia-clinica.tls.parameters" -}}
{{- $folder := include "historia-clinica.tls.folder" . -}}
{{- if include "historia-clinica.tls.enabled" . -}}
ssl: "on"
ssl_cert_file: {{ $folder }}/tls.crt
ssl_key_file: {{ $folder }}/tls.key
citus.node_conninfo: sslmode=verify-full
{{- else -}}
citus.node_conninfo: sslmode=prefer
{{- end -}}
{{- end -}}

{{- /* Volume with some files of the Secret. PostgreSQL takes a key of root's that its group alone may read. Context: root,
files (their names) and optional (whether the pod starts without). */ -}}
{{- define "historia-clinica.tls.volume" -}}
- name: tls
  secret:
    secretName: {{ include "historia-clinica.tls.secretName" .root }}
    defaultMode: 0640
    {{- if .optional }}
    optional: true
    {{- end }}
    items:
      {{- range .files }}
      - {key: {{ . }}, path: {{ . }}}
      {{- end }}
{{- end -}}

{{- /* Its mount. */ -}}
{{- define "historia-clinica.tls.mount" -}}
- name: tls
  mountPath: {{ include "historia-clinica.tls.folder" . }}
  readOnly: true
{{- end -}}

{{- /* Environment of historia-hooks. */ -}}
{{- define "historia-clinica.tls.env" -}}
{{- $folder := include "historia-clinica.tls.folder" . -}}
- name: POSTGRES_SSLMODE
  value: verify-full
- name: POSTGRES_SSLROOTCERT
  value: {{ $folder }}/ca.crt
- name: HISTORIA_TLS_CERT
  value: {{ $folder }}/tls.crt
{{- end -}}
