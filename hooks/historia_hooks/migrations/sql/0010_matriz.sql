-- The access matrix, three reference tables that the hooks fill; and beside each patient which users attend him or her, with former rows
-- as those of 0002. Bare: foreign keys and privileges are declared in historia_hooks/schema.py.
--
-- A matrix is loaded as a further version and never changed: which one held at a date can be told. Version 0 is the installation's own: rows
-- that its owner adds, which hold beside those of any version and which the hooks leave alone. Words that a program does not know grant
-- nothing, so they are checked for their form alone: while an upgrade is under way the API of before meets the matrix of after.

CREATE TABLE public.roles (
    rol text PRIMARY KEY CONSTRAINT roles_rol_valido CHECK (rol ~ '^[a-z_]{1,40}$'),
    descripcion text NOT NULL CONSTRAINT roles_descripcion_valida CHECK (length(descripcion) <= 200 AND descripcion ~ '\S')
);

CREATE TABLE public.versiones_matriz (
    version integer PRIMARY KEY CONSTRAINT versiones_matriz_version_valida CHECK (version > 0),
    sha256 text NOT NULL CONSTRAINT versiones_matriz_sha256_valido CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    permisos integer NOT NULL CONSTRAINT versiones_matriz_permisos_valido CHECK (permisos > 0),
    fecha_registro timestamptz NOT NULL DEFAULT now()
);

-- What names a second patient may not hang on a condition about the first: its answers would tell whether the second exists.
CREATE TABLE public.permisos (
    version integer NOT NULL CONSTRAINT permisos_version_valida CHECK (version >= 0),
    rol text NOT NULL,
    recurso text NOT NULL CONSTRAINT permisos_recurso_valido CHECK (recurso ~ '^[a-z_]{1,40}$'),
    accion text NOT NULL CONSTRAINT permisos_accion_valida CHECK (accion ~ '^[a-z_]{1,40}$'),
    condicion text NOT NULL CONSTRAINT permisos_condicion_valida CHECK (condicion ~ '^[a-z_]{1,40}$'),
    campos_ocultos text[] NOT NULL DEFAULT '{}',
    campos_solo_lectura text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (version, rol, recurso, accion, condicion),
    CONSTRAINT permisos_de_dos_pacientes CHECK (accion NOT IN ('fusionar', 'renumerar') OR condicion = 'siempre')
);

CREATE TABLE public.relaciones_atencion (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    usuario_id text NOT NULL CONSTRAINT relaciones_atencion_usuario_valido CHECK (usuario_id ~ '^[0-9A-Za-z-]{3,36}$'),
    origen text NOT NULL
        CONSTRAINT relaciones_atencion_origen_valido CHECK (origen IN ('admision', 'cita', 'interconsulta', 'turno')),
    desde timestamptz NOT NULL DEFAULT now(),
    hasta timestamptz,
    estado text NOT NULL DEFAULT 'activa'
        CONSTRAINT relaciones_atencion_estado_valido CHECK (estado IN ('activa', 'anulada')),
    fecha_registro timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    actualizado_en timestamptz,
    cambiado_por text CONSTRAINT relaciones_atencion_cambiado_por_valido CHECK (length(cambiado_por) <= 100),
    motivo text CONSTRAINT relaciones_atencion_motivo_valido CHECK (length(motivo) <= 500 AND motivo ~ '\S'),
    peticion text CONSTRAINT relaciones_atencion_peticion_valida CHECK (length(peticion) <= 64),
    clave uuid,
    huella bytea,
    PRIMARY KEY (paciente_id, id),
    CONSTRAINT relaciones_atencion_clave_con_huella CHECK ((clave IS NULL) = (huella IS NULL)),
    CONSTRAINT relaciones_atencion_hasta_valido CHECK (desde <= hasta)
);

CREATE TABLE public.relaciones_atencion_historial (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    usuario_id text NOT NULL,
    origen text NOT NULL,
    desde timestamptz NOT NULL,
    hasta timestamptz,
    estado text NOT NULL,
    fecha_registro timestamptz NOT NULL,
    cambiado_por text,
    motivo text,
    peticion text,
    clave uuid,
    huella bytea,
    vigente_desde timestamptz NOT NULL,
    vigente_hasta timestamptz NOT NULL,
    PRIMARY KEY (paciente_id, id, version),
    CONSTRAINT relaciones_atencion_historial_vigencia_valida CHECK (vigente_desde <= vigente_hasta)
);

-- by which the patients of one user are found; of one patient the primary key finds the few that there are
CREATE INDEX relaciones_atencion_usuario ON public.relaciones_atencion (usuario_id);

COMMENT ON TABLE public.roles IS 'Para qué usa alguien el sistema; tabla de referencia, copiada en todos los nodos';
COMMENT ON COLUMN public.roles.rol IS 'Nombre corto del rol';
COMMENT ON COLUMN public.roles.descripcion IS 'Qué hace quien lo tiene';

COMMENT ON TABLE public.versiones_matriz IS 'Matrices de acceso cargadas, ninguna se borra; rige la última; tabla de referencia';
COMMENT ON COLUMN public.versiones_matriz.version IS 'Número de la versión; la mayor es la que rige';
COMMENT ON COLUMN public.versiones_matriz.sha256 IS 'Huella de los archivos de los que se cargó';
COMMENT ON COLUMN public.versiones_matriz.permisos IS 'Cuántos permisos trae';
COMMENT ON COLUMN public.versiones_matriz.fecha_registro IS 'Momento en que se cargó';

COMMENT ON TABLE public.permisos IS 'Matriz de acceso: qué puede hacer cada rol; lo que no tiene fila se niega; tabla de referencia';
COMMENT ON COLUMN public.permisos.version IS 'Versión de la matriz; 0 son los permisos propios de la instalación, que valen junto a los de cualquiera';
COMMENT ON COLUMN public.permisos.rol IS 'A quién se permite';
COMMENT ON COLUMN public.permisos.recurso IS 'Sobre qué, con el nombre de las rutas de la API';
COMMENT ON COLUMN public.permisos.accion IS 'crear, leer, buscar, corregir, anular, firmar, descargar, fusionar o renumerar';
COMMENT ON COLUMN public.permisos.condicion IS 'siempre, relacion (de atención), orden (del paciente), autor (con relación, y lo que lleva su nombre) o propio';
COMMENT ON COLUMN public.permisos.campos_ocultos IS 'Miembros que faltan en lo que se responde';
COMMENT ON COLUMN public.permisos.campos_solo_lectura IS 'Miembros que quien corrige debe dejar como están';

COMMENT ON TABLE public.relaciones_atencion IS 'Qué usuario atiende a un paciente y por cuánto tiempo, junto al paciente en su nodo';
COMMENT ON COLUMN public.relaciones_atencion.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.relaciones_atencion.id IS 'Identificador de la relación';
COMMENT ON COLUMN public.relaciones_atencion.usuario_id IS 'Documento del usuario que atiende al paciente';
COMMENT ON COLUMN public.relaciones_atencion.origen IS 'Por qué: admision, cita, interconsulta o turno';
COMMENT ON COLUMN public.relaciones_atencion.desde IS 'Momento desde el que lo atiende';
COMMENT ON COLUMN public.relaciones_atencion.hasta IS 'Momento en que deja de atenderlo; ya no incluido; nulo mientras no se sepa';
COMMENT ON COLUMN public.relaciones_atencion.estado IS 'activa o anulada (se registró por error); una fila nunca se borra';
COMMENT ON COLUMN public.relaciones_atencion.fecha_registro IS 'Momento en que se registró la fila';
COMMENT ON COLUMN public.relaciones_atencion.version IS 'Número de versión de la fila; crece con cada cambio';
COMMENT ON COLUMN public.relaciones_atencion.actualizado_en IS 'Momento del último cambio; nulo mientras la fila sea la que se registró';
COMMENT ON COLUMN public.relaciones_atencion.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.relaciones_atencion.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.relaciones_atencion.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.relaciones_atencion.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.relaciones_atencion.huella IS 'SHA-256 de lo que se pidió con esa clave';

COMMENT ON TABLE public.relaciones_atencion_historial IS 'Versiones anteriores de cada relación de atención, junto a su paciente; solo se añaden filas';
COMMENT ON COLUMN public.relaciones_atencion_historial.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.relaciones_atencion_historial.id IS 'Identificador de la relación';
COMMENT ON COLUMN public.relaciones_atencion_historial.version IS 'Número de la versión';
COMMENT ON COLUMN public.relaciones_atencion_historial.usuario_id IS 'Documento del usuario que atiende al paciente';
COMMENT ON COLUMN public.relaciones_atencion_historial.origen IS 'Por qué: admision, cita, interconsulta o turno';
COMMENT ON COLUMN public.relaciones_atencion_historial.desde IS 'Momento desde el que lo atiende';
COMMENT ON COLUMN public.relaciones_atencion_historial.hasta IS 'Momento en que deja de atenderlo';
COMMENT ON COLUMN public.relaciones_atencion_historial.estado IS 'Estado en esta versión';
COMMENT ON COLUMN public.relaciones_atencion_historial.fecha_registro IS 'Momento en que se registró la primera versión';
COMMENT ON COLUMN public.relaciones_atencion_historial.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.relaciones_atencion_historial.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.relaciones_atencion_historial.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.relaciones_atencion_historial.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.relaciones_atencion_historial.huella IS 'SHA-256 de lo que se pidió con esa clave';
COMMENT ON COLUMN public.relaciones_atencion_historial.vigente_desde IS 'Momento desde el que valió esta versión';
COMMENT ON COLUMN public.relaciones_atencion_historial.vigente_hasta IS 'Momento en que otra versión la reemplazó; ya no incluido';
