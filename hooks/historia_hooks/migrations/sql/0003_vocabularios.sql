-- Two reference tables for all vocabularies, bare; privileges are declared in historia_hooks/schema.py.
--
-- One table of concepts and not one a vocabulary: they are asked in the same ways (a code, words, validity at a date),
-- loaded by one program, and a new vocabulary is rows, no revision. Whatever stores a code refers to the primary key.
-- Between the two there is no foreign key: both are written by the hooks alone, in one transaction.

CREATE TABLE public.vocabularios (
    nombre text COLLATE "C" CONSTRAINT vocabularios_nombre_valido CHECK (nombre ~ '^[a-z][a-z0-9-]{0,39}$'),
    version text COLLATE "C" CONSTRAINT vocabularios_version_valida CHECK (version ~ '^[0-9A-Za-z][0-9A-Za-z._+-]{0,39}$'),
    titulo text NOT NULL CONSTRAINT vocabularios_titulo_valido CHECK (length(titulo) <= 200 AND titulo ~ '\S'),
    fuente text NOT NULL CONSTRAINT vocabularios_fuente_valida CHECK (length(fuente) <= 500 AND fuente ~ '\S'),
    licencia text NOT NULL CONSTRAINT vocabularios_licencia_valida CHECK (length(licencia) <= 500 AND licencia ~ '\S'),
    aviso text CONSTRAINT vocabularios_aviso_valido CHECK (length(aviso) <= 2000 AND aviso ~ '\S'),
    completo boolean NOT NULL,
    conceptos integer NOT NULL CONSTRAINT vocabularios_conceptos_valido CHECK (conceptos > 0),
    sha256 text NOT NULL CONSTRAINT vocabularios_sha256_valido CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    vigente_desde date NOT NULL,
    fecha_registro timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (nombre, version)
);

-- `busqueda`: the words of code and description without accents and case. What it is made of is built in and
-- immutable: unaccent and pg_trgm would have to exist on every node, in whatever image it runs. Codes are compared byte
-- by byte, so that the primary key serves their order and their beginnings on every node alike.
CREATE TABLE public.conceptos (
    vocabulario text COLLATE "C",
    version text COLLATE "C",
    codigo text COLLATE "C" CONSTRAINT conceptos_codigo_valido CHECK (codigo ~ '^[0-9A-Za-z][0-9A-Za-z._+-]{0,39}$'),
    descripcion text NOT NULL
        CONSTRAINT conceptos_descripcion_valida CHECK (length(descripcion) <= 2000 AND descripcion ~ '\S'),
    padre text COLLATE "C",
    vigente_desde date,
    vigente_hasta date,
    atributos jsonb,
    busqueda tsvector NOT NULL GENERATED ALWAYS AS (array_to_tsvector(string_to_array(btrim(regexp_replace(
        lower(regexp_replace(normalize(codigo || ' ' || descripcion, NFKD), '[\u0300-\u036f]', '', 'g')),
        '[^a-z0-9]+', ' ', 'g')), ' '))) STORED,
    PRIMARY KEY (vocabulario, version, codigo)
);

CREATE INDEX conceptos_busqueda ON public.conceptos USING gin (busqueda);

COMMENT ON TABLE public.vocabularios IS 'Versiones de los vocabularios cargados; tabla de referencia, copiada en todos los nodos';
COMMENT ON COLUMN public.vocabularios.nombre IS 'Nombre corto del vocabulario, por ejemplo divipola';
COMMENT ON COLUMN public.vocabularios.version IS 'Versión; una nueva se agrega al lado, ninguna se borra';
COMMENT ON COLUMN public.vocabularios.titulo IS 'Nombre completo';
COMMENT ON COLUMN public.vocabularios.fuente IS 'De quién es y de dónde se tomó';
COMMENT ON COLUMN public.vocabularios.licencia IS 'Licencia o permiso con que se distribuye';
COMMENT ON COLUMN public.vocabularios.aviso IS 'Texto que la licencia obliga a mostrar';
COMMENT ON COLUMN public.vocabularios.completo IS 'Si trae todos los códigos de la fuente o solo una parte';
COMMENT ON COLUMN public.vocabularios.conceptos IS 'Cuántos conceptos trae';
COMMENT ON COLUMN public.vocabularios.sha256 IS 'Huella del archivo del que se cargó';
COMMENT ON COLUMN public.vocabularios.vigente_desde IS 'Desde cuándo rige; la actual es la última que ya rige';
COMMENT ON COLUMN public.vocabularios.fecha_registro IS 'Momento en que se cargó';

COMMENT ON TABLE public.conceptos IS 'Conceptos de los vocabularios; tabla de referencia, copiada en todos los nodos';
COMMENT ON COLUMN public.conceptos.vocabulario IS 'Nombre del vocabulario';
COMMENT ON COLUMN public.conceptos.version IS 'Versión del vocabulario';
COMMENT ON COLUMN public.conceptos.codigo IS 'Código, tal como lo escribe la fuente';
COMMENT ON COLUMN public.conceptos.descripcion IS 'Descripción';
COMMENT ON COLUMN public.conceptos.padre IS 'Código del concepto que lo contiene';
COMMENT ON COLUMN public.conceptos.vigente_desde IS 'Desde cuándo se puede usar; vacío: desde siempre';
COMMENT ON COLUMN public.conceptos.vigente_hasta IS 'Último día en que se pudo usar; vacío: todavía se puede';
COMMENT ON COLUMN public.conceptos.atributos IS 'Lo demás que dice la fuente';
COMMENT ON COLUMN public.conceptos.busqueda IS 'Palabras del código y de la descripción, sin tildes ni mayúsculas';
