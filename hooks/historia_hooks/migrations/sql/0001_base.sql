-- The four tables of the record, bare: foreign keys, the uniqueness that depends on how a table is spread, and
-- privileges are declared in historia_hooks/schema.py and come after distribution.

CREATE TABLE public.pacientes (
    cedula text PRIMARY KEY CONSTRAINT pacientes_cedula_valida CHECK (cedula ~ '^[0-9A-Z-]{3,20}$'),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    nombre text NOT NULL CONSTRAINT pacientes_nombre_valido CHECK (length(nombre) <= 100 AND nombre ~ '\S'),
    apellido text NOT NULL CONSTRAINT pacientes_apellido_valido CHECK (length(apellido) <= 100 AND apellido ~ '\S'),
    fecha_nacimiento date,
    telefono text CONSTRAINT pacientes_telefono_valido CHECK (length(telefono) <= 20),
    direccion text,
    ciudad text CONSTRAINT pacientes_ciudad_valida CHECK (length(ciudad) <= 50),
    fecha_registro timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1
);

CREATE INDEX pacientes_fecha_registro_id ON public.pacientes (fecha_registro, id);

CREATE TABLE public.medicos (
    id bigserial PRIMARY KEY,
    nombre text NOT NULL CONSTRAINT medicos_nombre_valido CHECK (length(nombre) <= 100 AND nombre ~ '\S'),
    apellido text NOT NULL CONSTRAINT medicos_apellido_valido CHECK (length(apellido) <= 100 AND apellido ~ '\S'),
    especialidad text CONSTRAINT medicos_especialidad_valida CHECK (length(especialidad) <= 100),
    codigo_medico text NOT NULL
        CONSTRAINT medicos_codigo_medico_valido CHECK (length(codigo_medico) <= 20 AND codigo_medico ~ '\S'),
    telefono text CONSTRAINT medicos_telefono_valido CHECK (length(telefono) <= 20),
    email text CONSTRAINT medicos_email_valido CHECK (length(email) <= 100),
    fecha_registro timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT medicos_codigo_medico_unico UNIQUE (codigo_medico)
);

CREATE TABLE public.consultas (
    paciente_id text NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    paciente_cedula text GENERATED ALWAYS AS (paciente_id) STORED,
    medico_id bigint,
    fecha_consulta timestamptz NOT NULL DEFAULT now(),
    diagnostico text,
    tratamiento text,
    observaciones text,
    estado text NOT NULL DEFAULT 'activa'
        CONSTRAINT consultas_estado_valido CHECK (estado IN ('activa', 'cerrada', 'anulada')),
    fecha_registro timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (paciente_id, id)
);

CREATE INDEX consultas_paciente_fecha ON public.consultas (paciente_id, fecha_consulta DESC, id DESC);

CREATE INDEX consultas_medico_id ON public.consultas (medico_id);

CREATE TABLE public.usuario (
    documento_id text PRIMARY KEY DEFAULT gen_random_uuid()::text,
    id bigserial,
    nombre text NOT NULL CONSTRAINT usuario_nombre_valido CHECK (length(nombre) <= 100 AND nombre ~ '\S'),
    email text NOT NULL CONSTRAINT usuario_email_valido CHECK (length(email) <= 100 AND email ~ '\S'),
    fecha_creacion timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1
);

COMMENT ON TABLE public.pacientes IS 'Personas atendidas; una fila por paciente, repartidas por cédula';
COMMENT ON COLUMN public.pacientes.cedula IS 'Documento de identidad, texto: los ceros a la izquierda cuentan; clave de reparto';
COMMENT ON COLUMN public.pacientes.id IS 'Identificador sin significado, para cursores y enlaces que no deben mostrar la cédula';
COMMENT ON COLUMN public.pacientes.nombre IS 'Nombres de la persona';
COMMENT ON COLUMN public.pacientes.apellido IS 'Apellidos de la persona';
COMMENT ON COLUMN public.pacientes.fecha_nacimiento IS 'Fecha de nacimiento';
COMMENT ON COLUMN public.pacientes.telefono IS 'Teléfono de contacto';
COMMENT ON COLUMN public.pacientes.direccion IS 'Dirección de residencia';
COMMENT ON COLUMN public.pacientes.ciudad IS 'Ciudad de residencia';
COMMENT ON COLUMN public.pacientes.fecha_registro IS 'Momento en que se registró la fila';
COMMENT ON COLUMN public.pacientes.version IS 'Número de versión de la fila; crece con cada cambio';

COMMENT ON TABLE public.medicos IS 'Profesionales que atienden; tabla de referencia, copiada en todos los nodos';
COMMENT ON COLUMN public.medicos.id IS 'Identificador del médico';
COMMENT ON COLUMN public.medicos.nombre IS 'Nombres del médico';
COMMENT ON COLUMN public.medicos.apellido IS 'Apellidos del médico';
COMMENT ON COLUMN public.medicos.especialidad IS 'Especialidad que ejerce';
COMMENT ON COLUMN public.medicos.codigo_medico IS 'Código profesional, único, por ejemplo MED001';
COMMENT ON COLUMN public.medicos.telefono IS 'Teléfono de contacto';
COMMENT ON COLUMN public.medicos.email IS 'Correo electrónico';
COMMENT ON COLUMN public.medicos.fecha_registro IS 'Momento en que se registró la fila';
COMMENT ON COLUMN public.medicos.version IS 'Número de versión de la fila; crece con cada cambio';

COMMENT ON TABLE public.consultas IS 'Atenciones de un paciente; viven en el mismo nodo que su paciente';
COMMENT ON COLUMN public.consultas.paciente_id IS 'Cédula del paciente atendido; clave de reparto';
COMMENT ON COLUMN public.consultas.id IS 'Identificador de la consulta';
COMMENT ON COLUMN public.consultas.paciente_cedula IS 'La misma cédula, con el nombre de columna que ya usaban los informes';
COMMENT ON COLUMN public.consultas.medico_id IS 'Médico que atendió';
COMMENT ON COLUMN public.consultas.fecha_consulta IS 'Momento de la atención';
COMMENT ON COLUMN public.consultas.diagnostico IS 'Diagnóstico en palabras del médico';
COMMENT ON COLUMN public.consultas.tratamiento IS 'Tratamiento indicado';
COMMENT ON COLUMN public.consultas.observaciones IS 'Observaciones';
COMMENT ON COLUMN public.consultas.estado IS 'activa, cerrada o anulada';
COMMENT ON COLUMN public.consultas.fecha_registro IS 'Momento en que se registró la fila';
COMMENT ON COLUMN public.consultas.version IS 'Número de versión de la fila; crece con cada cambio';

COMMENT ON TABLE public.usuario IS 'Personas que usan el sistema; tabla de referencia o repartida por documento_id';
COMMENT ON COLUMN public.usuario.documento_id IS 'Documento que identifica al usuario; clave de reparto cuando la tabla se reparte';
COMMENT ON COLUMN public.usuario.id IS 'Número del usuario';
COMMENT ON COLUMN public.usuario.nombre IS 'Nombre del usuario';
COMMENT ON COLUMN public.usuario.email IS 'Correo electrónico; único mientras la tabla no está repartida';
COMMENT ON COLUMN public.usuario.fecha_creacion IS 'Momento en que se creó el usuario';
COMMENT ON COLUMN public.usuario.version IS 'Número de versión de la fila; crece con cada cambio';
