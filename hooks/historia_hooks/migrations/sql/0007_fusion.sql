-- One person was registered under two numbers. All rows of the duplicate go to the patient that stays; its own row stays under its
-- number, so that nobody else gets it, with the state fusionado. What came is kept by its identifiers: they tell from what was there or
-- was written since, whatever was corrected meanwhile, and go back with the former rows of the same identifiers.

SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

ALTER TABLE public.pacientes DROP CONSTRAINT pacientes_estado_valido;
ALTER TABLE public.pacientes ADD CONSTRAINT pacientes_estado_valido CHECK (estado IN ('activo', 'anulado', 'fusionado'));

ALTER TABLE public.numeros_anteriores ADD COLUMN superviviente_uuid uuid;

CREATE TABLE public.fusiones (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    duplicado text NOT NULL CONSTRAINT fusiones_duplicado_valido CHECK (duplicado ~ '^[0-9A-Z-]{3,20}$'),
    filas uuid[] NOT NULL,
    fecha_registro timestamptz NOT NULL,
    cambiado_por text NOT NULL,
    motivo text NOT NULL,
    peticion text,
    separado_en timestamptz,
    separado_por text,
    motivo_separacion text,
    peticion_separacion text,
    PRIMARY KEY (paciente_id, id)
);

-- Answers the next version of the patient that stays; or no change, and in obstaculo why, with the version or a detail that goes with it.
--
-- Of two patients the one with the lower number is locked first, so that two such changes cannot wait for each other. Of the one that
-- stays its own row is enough, and whoever writes about it is not kept waiting.
CREATE FUNCTION public.fusionar_pacientes(
    superviviente text, duplicado text, versiones integer[], autor text, motivo text, peticion text, clave uuid, huella bytea,
    OUT version integer, OUT obstaculo text, OUT detalle text
) RETURNS record
LANGUAGE plpgsql SECURITY DEFINER SET search_path TO pg_catalog, pg_temp AS $$
DECLARE
    person record;
    other record;
    part record;
    deletions text[] := '{}';
    ids uuid[];
    moved uuid[] := '{}';
BEGIN
    IF NOT pg_has_role(session_user, 'historia_app', 'MEMBER') THEN
        RAISE insufficient_privilege USING MESSAGE = 'permission denied for function fusionar_pacientes';
    END IF;
    IF duplicado < superviviente COLLATE "C" THEN
        PERFORM public.bloquear_historia(duplicado);
    END IF;
    EXECUTE format('SELECT id, version, estado FROM public.pacientes WHERE cedula = %L FOR NO KEY UPDATE', superviviente) INTO person;
    IF duplicado >= superviviente COLLATE "C" THEN
        PERFORM public.bloquear_historia(duplicado);
    END IF;
    EXECUTE format('SELECT id, version, estado FROM public.pacientes WHERE cedula = %L', duplicado) INTO other;
    version := person.version;
    obstaculo := CASE WHEN person.id IS NULL OR person.estado = 'fusionado' THEN 'no existe'
                      WHEN person.version <> ALL (versiones) THEN 'version'
                      WHEN person.estado = 'anulado' THEN 'anulado'
                      WHEN other.id IS NULL THEN 'duplicado no existe'
                      WHEN other.estado <> 'activo' THEN 'duplicado ' || other.estado END;
    IF obstaculo IS NOT NULL THEN
        RETURN;
    END IF;

    FOR part IN SELECT * FROM public.partes_de_paciente() WHERE name NOT IN ('public.pacientes', 'public.pacientes_historial') LOOP
        EXECUTE format('SELECT array_agg(DISTINCT id) FROM %s WHERE %s = %L', part.name, part.key, duplicado) INTO ids;
        CONTINUE WHEN ids IS NULL;
        moved := moved || ids;
        EXECUTE format('INSERT INTO %1$s (%2$s, %3$s) SELECT %5$L, %3$s FROM %1$s WHERE %2$s = %4$L',
                       part.name, part.key, part.others, duplicado, superviviente);
        deletions := format('DELETE FROM %s WHERE %s = %L', part.name, part.key, duplicado) || deletions;
    END LOOP;
    FOR i IN 1 .. coalesce(array_length(deletions, 1), 0) LOOP
        EXECUTE deletions[i];
    END LOOP;
    SELECT coalesce(array_agg(DISTINCT one ORDER BY one), '{}') INTO moved FROM unnest(moved) AS one;

    PERFORM public.nueva_version_de_paciente(superviviente, person.estado, autor, motivo, peticion, clave, huella);
    PERFORM public.nueva_version_de_paciente(duplicado, 'fusionado', autor, motivo, peticion, NULL, NULL);
    EXECUTE format(
        'INSERT INTO public.fusiones (paciente_id, id, duplicado, filas, fecha_registro, cambiado_por, motivo, peticion)'
        ' VALUES (%L, %L, %L, %L, now(), %L, %L, %L)',
        superviviente, gen_random_uuid(), duplicado, moved, autor, motivo, peticion);
    EXECUTE format(
        'INSERT INTO public.numeros_anteriores (cedula, paciente_uuid, version, cedula_nueva, superviviente_uuid)'
        ' VALUES (%L, %L, %L, %L, %L)', duplicado, other.id, other.version + 1, superviviente, person.id);
    version := person.version + 1;
END $$;

-- The same the other way: each row that came goes back. With it goes what was registered since and names it (the consulta, the order, the
-- note): it would be left without what it is about. A row may not be torn from one that it names otherwise, and a merge that came along
-- with a later one is undone after that one.
CREATE FUNCTION public.separar_pacientes(
    superviviente text, duplicado text, versiones integer[], autor text, motivo text, peticion text, clave uuid, huella bytea,
    OUT version integer, OUT obstaculo text, OUT detalle text
) RETURNS record
LANGUAGE plpgsql SECURITY DEFINER SET search_path TO pg_catalog, pg_temp AS $$
DECLARE
    person record;
    other record;
    merged record;
    part record;
    reference record;
    deletions text[] := '{}';
    others uuid[] := '{}';
    ids uuid[];
    moved uuid[];
    tables text[] := '{}';
    naming uuid[] := '{}';
    named uuid[] := '{}';
    since boolean[] := '{}';
BEGIN
    IF NOT pg_has_role(session_user, 'historia_app', 'MEMBER') THEN
        RAISE insufficient_privilege USING MESSAGE = 'permission denied for function separar_pacientes';
    END IF;
    IF superviviente < duplicado COLLATE "C" THEN
        PERFORM public.bloquear_historia(superviviente);
    END IF;
    EXECUTE format('SELECT version, estado FROM public.pacientes WHERE cedula = %L FOR NO KEY UPDATE', duplicado) INTO other;
    IF superviviente >= duplicado COLLATE "C" THEN
        PERFORM public.bloquear_historia(superviviente);
    END IF;
    EXECUTE format('SELECT version, estado FROM public.pacientes WHERE cedula = %L', superviviente) INTO person;
    EXECUTE format(
        'SELECT id, filas, fecha_registro FROM public.fusiones WHERE paciente_id = %L AND duplicado = %L AND separado_en IS NULL',
        superviviente, duplicado) INTO merged;
    version := person.version;
    obstaculo := CASE WHEN person.version IS NULL OR person.estado = 'fusionado' THEN 'no existe'
                      WHEN person.version <> ALL (versiones) THEN 'version'
                      WHEN merged.id IS NULL THEN 'duplicado no fusionado' END;
    IF obstaculo IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format(
        'SELECT duplicado FROM public.fusiones WHERE paciente_id = %L AND separado_en IS NULL AND %L = ANY (filas)'
        ' ORDER BY fecha_registro DESC LIMIT 1', superviviente, merged.id) INTO detalle;
    IF detalle IS NOT NULL THEN
        obstaculo := 'dentro de otra';
        RETURN;
    END IF;

    FOR part IN EXECUTE format(
        'SELECT filas FROM public.fusiones WHERE paciente_id = %L AND separado_en IS NULL AND id <> %L', superviviente, merged.id) LOOP
        others := others || part.filas;
    END LOOP;
    moved := merged.filas;

    -- worked out here: a long list of identifiers is not sent to the tables that have none of them
    FOR reference IN SELECT * FROM public.referencias_de_paciente() WHERE key <> 'id' LOOP
        FOR part IN EXECUTE format(
            'SELECT id, %1$s AS named, fecha_registro >= %2$L AS since FROM %3$s WHERE paciente_id = %4$L AND %1$s IS NOT NULL',
            reference.key, merged.fecha_registro, reference.name, superviviente) LOOP
            tables := tables || split_part(reference.name, '.', 2);
            naming := naming || part.id;
            named := named || part.named;
            since := since || part.since;
        END LOOP;
    END LOOP;
    LOOP
        SELECT array_agg(DISTINCT one.id) INTO ids FROM unnest(naming, named, since) AS one (id, named, since)
         WHERE one.since AND one.named IN (SELECT unnest(moved)) AND one.id NOT IN (SELECT unnest(moved || others));
        EXIT WHEN ids IS NULL;
        moved := moved || ids;
    END LOOP;
    SELECT one.tabla || ' ' || one.id INTO detalle FROM unnest(tables, naming, named) AS one (tabla, id, named)
     WHERE (one.id IN (SELECT unnest(moved))) <> (one.named IN (SELECT unnest(moved))) LIMIT 1;
    IF detalle IS NOT NULL THEN
        obstaculo := 'referencia';
        RETURN;
    END IF;

    FOR part IN SELECT * FROM public.partes_de_paciente() WHERE name NOT IN ('public.pacientes', 'public.pacientes_historial') LOOP
        EXECUTE format('SELECT array_agg(DISTINCT id) FROM %s WHERE %s = %L', part.name, part.key, superviviente) INTO ids;
        SELECT array_agg(one) INTO ids FROM unnest(ids) AS one WHERE one IN (SELECT unnest(moved));
        CONTINUE WHEN ids IS NULL;
        EXECUTE format(
            'INSERT INTO %1$s (%2$s, %3$s) SELECT %5$L, %3$s FROM %1$s WHERE %2$s = %4$L AND id = ANY (%6$L::uuid[])',
            part.name, part.key, part.others, superviviente, duplicado, ids);
        deletions := format('DELETE FROM %s WHERE %s = %L AND id = ANY (%L::uuid[])', part.name, part.key, superviviente, ids) || deletions;
    END LOOP;
    FOR i IN 1 .. coalesce(array_length(deletions, 1), 0) LOOP
        EXECUTE deletions[i];
    END LOOP;

    PERFORM public.nueva_version_de_paciente(superviviente, person.estado, autor, motivo, peticion, clave, huella);
    PERFORM public.nueva_version_de_paciente(duplicado, 'activo', autor, motivo, peticion, NULL, NULL);
    EXECUTE format(
        'UPDATE public.fusiones SET separado_en = greatest(now(), fecha_registro), separado_por = %L, motivo_separacion = %L,'
        ' peticion_separacion = %L WHERE paciente_id = %L AND id = %L', autor, motivo, peticion, superviviente, merged.id);
    version := person.version + 1;
END $$;

-- Which tables name another row of the same patient, and in which column.
CREATE FUNCTION public.referencias_de_paciente() RETURNS TABLE (name text, key text)
LANGUAGE sql STABLE SET search_path TO pg_catalog, pg_temp AS $$
    SELECT conrelid::regclass::text, quote_ident(attname)
      FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[2]
     WHERE contype = 'f' AND conrelid::regclass::text IN (SELECT name FROM public.partes_de_paciente())
$$;

REVOKE ALL ON FUNCTION public.fusionar_pacientes FROM PUBLIC;
REVOKE ALL ON FUNCTION public.separar_pacientes FROM PUBLIC;
REVOKE ALL ON FUNCTION public.referencias_de_paciente FROM PUBLIC;

COMMENT ON FUNCTION public.fusionar_pacientes IS 'Pasa todo lo de un paciente duplicado al que queda';
COMMENT ON FUNCTION public.separar_pacientes IS 'Devuelve a un paciente fusionado lo que era suyo';
COMMENT ON FUNCTION public.referencias_de_paciente IS 'Las tablas que nombran otra fila del mismo paciente, y en qué columna';
COMMENT ON COLUMN public.pacientes.estado IS 'activo, anulado o fusionado; una fila nunca se borra';
COMMENT ON COLUMN public.numeros_anteriores.superviviente_uuid IS 'El paciente con el que se fusionó el de este número; nulo si solo cambió de número';
COMMENT ON TABLE public.fusiones IS 'Duplicados que se fusionaron con un paciente, junto a él en su nodo';
COMMENT ON COLUMN public.fusiones.paciente_id IS 'Cédula del paciente que queda; clave de reparto';
COMMENT ON COLUMN public.fusiones.id IS 'Identificador de la fusión';
COMMENT ON COLUMN public.fusiones.duplicado IS 'Cédula del duplicado';
COMMENT ON COLUMN public.fusiones.filas IS 'Identificadores de los registros que vinieron de él, de todas las tablas';
COMMENT ON COLUMN public.fusiones.fecha_registro IS 'Momento de la fusión';
COMMENT ON COLUMN public.fusiones.cambiado_por IS 'Quién los fusionó';
COMMENT ON COLUMN public.fusiones.motivo IS 'Por qué se fusionaron';
COMMENT ON COLUMN public.fusiones.peticion IS 'Identificador de la petición HTTP que los fusionó';
COMMENT ON COLUMN public.fusiones.separado_en IS 'Momento en que se separaron otra vez; nulo mientras estén fusionados';
COMMENT ON COLUMN public.fusiones.separado_por IS 'Quién los separó';
COMMENT ON COLUMN public.fusiones.motivo_separacion IS 'Por qué se separaron';
COMMENT ON COLUMN public.fusiones.peticion_separacion IS 'Identificador de la petición HTTP que los separó';
