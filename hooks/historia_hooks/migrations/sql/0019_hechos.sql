-- As 0017 made it, with the signed context as a last argument: where SET LOCAL says it, a transaction has to be begun for that and ended, here
-- and on the patient's node, around the one call. Without the argument it is as it was. Whoever gives it declares what SET LOCAL would.
DROP FUNCTION public.hechos_de_acceso(text, text, uuid, uuid, text[]);

CREATE FUNCTION public.hechos_de_acceso(paciente text, usuario text, persona uuid, en_sesion uuid, que text[], contexto text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path TO pg_catalog, pg_temp AS $$
DECLARE
    momento constant text := to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US+00');
    de text;
    relacion boolean;
    orden boolean;
    propio boolean;
    emergencia boolean;
    negativas json;
BEGIN
    IF contexto IS NOT NULL THEN
        PERFORM set_config('historia.contexto', contexto, true);
    END IF;
    EXECUTE 'SELECT public.contexto_paciente()' INTO de;
    IF de <> paciente THEN
        RAISE EXCEPTION 'historia.contexto es de otro paciente' USING ERRCODE = 'HC001';
    END IF;
    IF 'relacion' = ANY (que) THEN
        EXECUTE format('SELECT true FROM public.relaciones_atencion WHERE paciente_id = %L AND usuario_id = %L AND estado = ''activa'''
                       ' AND desde <= %L AND (hasta IS NULL OR %L < hasta) LIMIT 1', paciente, usuario, momento, momento) INTO relacion;
    END IF;
    IF 'orden' = ANY (que) THEN
        EXECUTE format('SELECT true FROM public.ordenes WHERE paciente_id = %L AND estado <> ''anulada'' LIMIT 1', paciente) INTO orden;
    END IF;
    IF 'propio' = ANY (que) THEN
        EXECUTE format('SELECT true FROM public.pacientes WHERE cedula = %L AND id = %L AND estado <> ''fusionado''', paciente, persona)
           INTO propio;
    END IF;
    IF 'emergencia' = ANY (que) THEN
        EXECUTE format('SELECT true FROM public.accesos_emergencia WHERE paciente_id = %L AND usuario_id = %L AND sesion = %L'
                       ' AND %L < expira LIMIT 1', paciente, usuario, en_sesion, momento) INTO emergencia;
    END IF;
    EXECUTE format('SELECT json_agg(json_build_object(''categorias'', categorias, ''destinatarios'', destinatarios, ''propositos'', propositos))'
                   ' FROM public.consentimientos WHERE paciente_id = %L AND estado = ''activo'' AND decision = ''niega'''
                   ' AND tipo IN (''tratamiento_datos'', ''compartir_terceros'') AND desde <= %L AND (hasta IS NULL OR %L < hasta)',
                   paciente, momento, momento) INTO negativas;
    RETURN json_build_object('relacion', coalesce(relacion, false), 'orden', coalesce(orden, false), 'propio', coalesce(propio, false),
                             'emergencia', coalesce(emergencia, false), 'negativas', coalesce(negativas, '[]'));
END $$;

COMMENT ON FUNCTION public.hechos_de_acceso IS 'Lo que se pregunta de un usuario y un paciente, y lo que este negó; de un paciente que no existe, nada';
