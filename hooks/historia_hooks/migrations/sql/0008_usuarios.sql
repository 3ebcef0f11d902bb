-- Users as the records of 0002: who wrote each row, when and why, and a table of former rows; bare: how it is spread and its foreign
-- key are declared in historia_hooks/schema.py.
--
-- The names of the laboratory stay, so the moment of registration is fecha_creacion here. Nothing is filled in for the rows that are
-- there.

SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

ALTER TABLE public.usuario ADD COLUMN estado text NOT NULL DEFAULT 'activo';
ALTER TABLE public.usuario ADD COLUMN actualizado_en timestamptz;
ALTER TABLE public.usuario ADD COLUMN cambiado_por text;
ALTER TABLE public.usuario ADD COLUMN motivo text;
ALTER TABLE public.usuario ADD COLUMN peticion text;
ALTER TABLE public.usuario ADD COLUMN clave uuid;
ALTER TABLE public.usuario ADD COLUMN huella bytea;
ALTER TABLE public.usuario ADD CONSTRAINT usuario_estado_valido CHECK (estado IN ('activo', 'anulado'));
ALTER TABLE public.usuario ADD CONSTRAINT usuario_cambiado_por_valido CHECK (length(cambiado_por) <= 100);
ALTER TABLE public.usuario ADD CONSTRAINT usuario_motivo_valido CHECK (length(motivo) <= 500 AND motivo ~ '\S');
ALTER TABLE public.usuario ADD CONSTRAINT usuario_peticion_valida CHECK (length(peticion) <= 64);
ALTER TABLE public.usuario ADD CONSTRAINT usuario_clave_con_huella CHECK ((clave IS NULL) = (huella IS NULL));

CREATE TABLE public.usuario_historial (
    documento_id text NOT NULL,
    version integer NOT NULL,
    id bigint NOT NULL,
    nombre text NOT NULL,
    email text NOT NULL,
    estado text NOT NULL,
    fecha_creacion timestamptz NOT NULL,
    cambiado_por text,
    motivo text,
    peticion text,
    clave uuid,
    huella bytea,
    vigente_desde timestamptz NOT NULL,
    vigente_hasta timestamptz NOT NULL,
    PRIMARY KEY (documento_id, version),
    CONSTRAINT usuario_historial_vigencia_valida CHECK (vigente_desde <= vigente_hasta)
);

-- by which lists are sorted
CREATE INDEX usuario_id ON public.usuario (id);

COMMENT ON COLUMN public.usuario.estado IS 'activo o anulado; una fila nunca se borra';
COMMENT ON COLUMN public.usuario.actualizado_en IS 'Momento del último cambio; nulo mientras la fila sea la que se registró';
COMMENT ON COLUMN public.usuario.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.usuario.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.usuario.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.usuario.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.usuario.huella IS 'SHA-256 de lo que se pidió con esa clave';

COMMENT ON TABLE public.usuario_historial IS 'Versiones anteriores de cada usuario, donde está él; solo se añaden filas';
COMMENT ON COLUMN public.usuario_historial.documento_id IS 'Documento que identifica al usuario; clave de reparto cuando la tabla se reparte';
COMMENT ON COLUMN public.usuario_historial.version IS 'Número de la versión';
COMMENT ON COLUMN public.usuario_historial.id IS 'Número del usuario';
COMMENT ON COLUMN public.usuario_historial.nombre IS 'Nombre del usuario';
COMMENT ON COLUMN public.usuario_historial.email IS 'Correo electrónico';
COMMENT ON COLUMN public.usuario_historial.estado IS 'Estado en esta versión';
COMMENT ON COLUMN public.usuario_historial.fecha_creacion IS 'Momento en que se creó el usuario';
COMMENT ON COLUMN public.usuario_historial.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.usuario_historial.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.usuario_historial.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.usuario_historial.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.usuario_historial.huella IS 'SHA-256 de lo que se pidió con esa clave';
COMMENT ON COLUMN public.usuario_historial.vigente_desde IS 'Momento desde el que valió esta versión';
COMMENT ON COLUMN public.usuario_historial.vigente_hasta IS 'Momento en que otra versión la reemplazó; ya no incluido';
