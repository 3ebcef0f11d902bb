-- Nothing is overwritten: each row says who wrote it, when and why, and each row that is replaced goes to a table of former rows.
--
-- A former row keeps the columns of its table and not a jsonb of them: it is then read with the same types and written out by the
-- same code as the current row, byte for byte; what may be seen of a column can be granted for both; and policies about the
-- patient find the same key. Only CHECKs stay behind: what was valid once is kept as it was.
-- Nothing is filled in for the rows that are there, so no table is rewritten while readers wait: actualizado_en is null until a row
-- changes, and such a row holds since fecha_registro.

SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

ALTER TABLE public.pacientes ADD COLUMN estado text NOT NULL DEFAULT 'activo';
ALTER TABLE public.pacientes ADD COLUMN actualizado_en timestamptz;
ALTER TABLE public.pacientes ADD COLUMN cambiado_por text;
ALTER TABLE public.pacientes ADD COLUMN motivo text;
ALTER TABLE public.pacientes ADD COLUMN peticion text;
ALTER TABLE public.pacientes ADD COLUMN clave uuid;
ALTER TABLE public.pacientes ADD COLUMN huella bytea;
ALTER TABLE public.pacientes ADD CONSTRAINT pacientes_estado_valido CHECK (estado IN ('activo', 'anulado'));
ALTER TABLE public.pacientes ADD CONSTRAINT pacientes_cambiado_por_valido CHECK (length(cambiado_por) <= 100);
ALTER TABLE public.pacientes ADD CONSTRAINT pacientes_motivo_valido CHECK (length(motivo) <= 500 AND motivo ~ '\S');
ALTER TABLE public.pacientes ADD CONSTRAINT pacientes_peticion_valida CHECK (length(peticion) <= 64);
ALTER TABLE public.pacientes ADD CONSTRAINT pacientes_clave_con_huella CHECK ((clave IS NULL) = (huella IS NULL));

ALTER TABLE public.medicos ADD COLUMN estado text NOT NULL DEFAULT 'activo';
ALTER TABLE public.medicos ADD COLUMN actualizado_en timestamptz;
ALTER TABLE public.medicos ADD COLUMN cambiado_por text;
ALTER TABLE public.medicos ADD COLUMN motivo text;
ALTER TABLE public.medicos ADD COLUMN peticion text;
ALTER TABLE public.medicos ADD COLUMN clave uuid;
ALTER TABLE public.medicos ADD COLUMN huella bytea;
ALTER TABLE public.medicos ADD CONSTRAINT medicos_estado_valido CHECK (estado IN ('activo', 'anulado'));
ALTER TABLE public.medicos ADD CONSTRAINT medicos_cambiado_por_valido CHECK (length(cambiado_por) <= 100);
ALTER TABLE public.medicos ADD CONSTRAINT medicos_motivo_valido CHECK (length(motivo) <= 500 AND motivo ~ '\S');
ALTER TABLE public.medicos ADD CONSTRAINT medicos_peticion_valida CHECK (length(peticion) <= 64);
ALTER TABLE public.medicos ADD CONSTRAINT medicos_clave_con_huella CHECK ((clave IS NULL) = (huella IS NULL));

ALTER TABLE public.consultas ADD COLUMN actualizado_en timestamptz;
ALTER TABLE public.consultas ADD COLUMN cambiado_por text;
ALTER TABLE public.consultas ADD COLUMN motivo text;
ALTER TABLE public.consultas ADD COLUMN peticion text;
ALTER TABLE public.consultas ADD COLUMN clave uuid;
ALTER TABLE public.consultas ADD COLUMN huella bytea;
ALTER TABLE public.consultas ADD CONSTRAINT consultas_cambiado_por_valido CHECK (length(cambiado_por) <= 100);
ALTER TABLE public.consultas ADD CONSTRAINT consultas_motivo_valido CHECK (length(motivo) <= 500 AND motivo ~ '\S');
ALTER TABLE public.consultas ADD CONSTRAINT consultas_peticion_valida CHECK (length(peticion) <= 64);
ALTER TABLE public.consultas ADD CONSTRAINT consultas_clave_con_huella CHECK ((clave IS NULL) = (huella IS NULL));

CREATE TABLE public.pacientes_historial (
    cedula text NOT NULL,
    version integer NOT NULL,
    id uuid NOT NULL,
    nombre text NOT NULL,
    apellido text NOT NULL,
    fecha_nacimiento date,
    telefono text,
    direccion text,
    ciudad text,
    estado text NOT NULL,
    fecha_registro timestamptz NOT NULL,
    cambiado_por text,
    motivo text,
    peticion text,
    clave uuid,
    huella bytea,
    vigente_desde timestamptz NOT NULL,
    vigente_hasta timestamptz NOT NULL,
    PRIMARY KEY (cedula, version),
    CONSTRAINT pacientes_historial_vigencia_valida CHECK (vigente_desde <= vigente_hasta)
);

CREATE TABLE public.medicos_historial (
    id bigint NOT NULL,
    version integer NOT NULL,
    nombre text NOT NULL,
    apellido text NOT NULL,
    especialidad text,
    codigo_medico text NOT NULL,
    telefono text,
    email text,
    estado text NOT NULL,
    fecha_registro timestamptz NOT NULL,
    cambiado_por text,
    motivo text,
    peticion text,
    clave uuid,
    huella bytea,
    vigente_desde timestamptz NOT NULL,
    vigente_hasta timestamptz NOT NULL,
    PRIMARY KEY (id, version),
    CONSTRAINT medicos_historial_vigencia_valida CHECK (vigente_desde <= vigente_hasta)
);

CREATE TABLE public.consultas_historial (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    medico_id bigint,
    fecha_consulta timestamptz NOT NULL,
    diagnostico text,
    tratamiento text,
    observaciones text,
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
    CONSTRAINT consultas_historial_vigencia_valida CHECK (vigente_desde <= vigente_hasta)
);

-- a physician is registered under no key of its own choice: only this finds what an Idempotency-Key has made
CREATE INDEX medicos_clave ON public.medicos (clave) WHERE clave IS NOT NULL;
CREATE INDEX medicos_historial_clave ON public.medicos_historial (clave) WHERE clave IS NOT NULL;

COMMENT ON COLUMN public.pacientes.estado IS 'activo o anulado; una fila nunca se borra';
COMMENT ON COLUMN public.pacientes.actualizado_en IS 'Momento del último cambio; nulo mientras la fila sea la que se registró';
COMMENT ON COLUMN public.pacientes.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.pacientes.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.pacientes.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.pacientes.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.pacientes.huella IS 'SHA-256 de lo que se pidió con esa clave';

COMMENT ON COLUMN public.medicos.estado IS 'activo o anulado; una fila nunca se borra';
COMMENT ON COLUMN public.medicos.actualizado_en IS 'Momento del último cambio; nulo mientras la fila sea la que se registró';
COMMENT ON COLUMN public.medicos.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.medicos.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.medicos.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.medicos.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.medicos.huella IS 'SHA-256 de lo que se pidió con esa clave';

COMMENT ON COLUMN public.consultas.actualizado_en IS 'Momento del último cambio; nulo mientras la fila sea la que se registró';
COMMENT ON COLUMN public.consultas.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.consultas.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.consultas.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.consultas.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.consultas.huella IS 'SHA-256 de lo que se pidió con esa clave';

COMMENT ON TABLE public.pacientes_historial IS 'Versiones anteriores de cada paciente, junto a él en su nodo; solo se añaden filas';
COMMENT ON COLUMN public.pacientes_historial.cedula IS 'Documento de identidad, texto: los ceros a la izquierda cuentan; clave de reparto';
COMMENT ON COLUMN public.pacientes_historial.version IS 'Número de la versión';
COMMENT ON COLUMN public.pacientes_historial.id IS 'Identificador sin significado, para cursores y enlaces que no deben mostrar la cédula';
COMMENT ON COLUMN public.pacientes_historial.nombre IS 'Nombres de la persona';
COMMENT ON COLUMN public.pacientes_historial.apellido IS 'Apellidos de la persona';
COMMENT ON COLUMN public.pacientes_historial.fecha_nacimiento IS 'Fecha de nacimiento';
COMMENT ON COLUMN public.pacientes_historial.telefono IS 'Teléfono de contacto';
COMMENT ON COLUMN public.pacientes_historial.direccion IS 'Dirección de residencia';
COMMENT ON COLUMN public.pacientes_historial.ciudad IS 'Ciudad de residencia';
COMMENT ON COLUMN public.pacientes_historial.estado IS 'Estado en esta versión';
COMMENT ON COLUMN public.pacientes_historial.fecha_registro IS 'Momento en que se registró la primera versión';
COMMENT ON COLUMN public.pacientes_historial.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.pacientes_historial.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.pacientes_historial.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.pacientes_historial.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.pacientes_historial.huella IS 'SHA-256 de lo que se pidió con esa clave';
COMMENT ON COLUMN public.pacientes_historial.vigente_desde IS 'Momento desde el que valió esta versión';
COMMENT ON COLUMN public.pacientes_historial.vigente_hasta IS 'Momento en que otra versión la reemplazó; ya no incluido';

COMMENT ON TABLE public.medicos_historial IS 'Versiones anteriores de cada médico; tabla de referencia, solo se añaden filas';
COMMENT ON COLUMN public.medicos_historial.id IS 'Identificador del médico';
COMMENT ON COLUMN public.medicos_historial.version IS 'Número de la versión';
COMMENT ON COLUMN public.medicos_historial.nombre IS 'Nombres del médico';
COMMENT ON COLUMN public.medicos_historial.apellido IS 'Apellidos del médico';
COMMENT ON COLUMN public.medicos_historial.especialidad IS 'Especialidad que ejerce';
COMMENT ON COLUMN public.medicos_historial.codigo_medico IS 'Código profesional, único, por ejemplo MED001';
COMMENT ON COLUMN public.medicos_historial.telefono IS 'Teléfono de contacto';
COMMENT ON COLUMN public.medicos_historial.email IS 'Correo electrónico';
COMMENT ON COLUMN public.medicos_historial.estado IS 'Estado en esta versión';
COMMENT ON COLUMN public.medicos_historial.fecha_registro IS 'Momento en que se registró la primera versión';
COMMENT ON COLUMN public.medicos_historial.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.medicos_historial.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.medicos_historial.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.medicos_historial.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.medicos_historial.huella IS 'SHA-256 de lo que se pidió con esa clave';
COMMENT ON COLUMN public.medicos_historial.vigente_desde IS 'Momento desde el que valió esta versión';
COMMENT ON COLUMN public.medicos_historial.vigente_hasta IS 'Momento en que otra versión la reemplazó; ya no incluido';

COMMENT ON TABLE public.consultas_historial IS 'Versiones anteriores de cada consulta, junto a su paciente; solo se añaden filas';
COMMENT ON COLUMN public.consultas_historial.paciente_id IS 'Cédula del paciente atendido; clave de reparto';
COMMENT ON COLUMN public.consultas_historial.id IS 'Identificador de la consulta';
COMMENT ON COLUMN public.consultas_historial.version IS 'Número de la versión';
COMMENT ON COLUMN public.consultas_historial.medico_id IS 'Médico que atendió';
COMMENT ON COLUMN public.consultas_historial.fecha_consulta IS 'Momento de la atención';
COMMENT ON COLUMN public.consultas_historial.diagnostico IS 'Diagnóstico en palabras del médico';
COMMENT ON COLUMN public.consultas_historial.tratamiento IS 'Tratamiento indicado';
COMMENT ON COLUMN public.consultas_historial.observaciones IS 'Observaciones';
COMMENT ON COLUMN public.consultas_historial.estado IS 'Estado en esta versión';
COMMENT ON COLUMN public.consultas_historial.fecha_registro IS 'Momento en que se registró la primera versión';
COMMENT ON COLUMN public.consultas_historial.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.consultas_historial.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.consultas_historial.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.consultas_historial.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.consultas_historial.huella IS 'SHA-256 de lo que se pidió con esa clave';
COMMENT ON COLUMN public.consultas_historial.vigente_desde IS 'Momento desde el que valió esta versión';
COMMENT ON COLUMN public.consultas_historial.vigente_hasta IS 'Momento en que otra versión la reemplazó; ya no incluido';
