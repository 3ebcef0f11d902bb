-- Records of which their physician says that they are reserved: HIV, mental health, violence, abortion. Only he, the patient, who breaks the
-- glass and whoever the matrix lets (recurso `reservados`) see them, and the policies of the tables keep to it (historia_hooks/schema.py).
-- Whose reserved records a transaction of the API may touch is said in historia.reservados, signed as whose rows are in 0013.

ALTER TABLE public.consultas ADD COLUMN reserva text;
ALTER TABLE public.consultas ADD CONSTRAINT consultas_reserva_valida CHECK (reserva IN ('vih', 'salud_mental', 'violencia', 'ive', 'otra'));
ALTER TABLE public.consultas ADD CONSTRAINT consultas_reserva_de_alguien CHECK (reserva IS NULL OR medico_id IS NOT NULL);
ALTER TABLE public.consultas_historial ADD COLUMN reserva text;
COMMENT ON COLUMN public.consultas.reserva IS 'Por qué se reserva a su médico: vih, salud_mental, violencia, ive u otra; nulo si no se reserva';
COMMENT ON COLUMN public.consultas_historial.reserva IS 'Por qué se reservaba a su médico en esta versión; nulo si no se reservaba';

ALTER TABLE public.diagnosticos ADD COLUMN reserva text;
ALTER TABLE public.diagnosticos ADD CONSTRAINT diagnosticos_reserva_valida CHECK (reserva IN ('vih', 'salud_mental', 'violencia', 'ive', 'otra'));
ALTER TABLE public.diagnosticos ADD CONSTRAINT diagnosticos_reserva_de_alguien CHECK (reserva IS NULL OR medico_id IS NOT NULL);
ALTER TABLE public.diagnosticos_historial ADD COLUMN reserva text;
COMMENT ON COLUMN public.diagnosticos.reserva IS 'Por qué se reserva a su médico: vih, salud_mental, violencia, ive u otra; nulo si no se reserva';
COMMENT ON COLUMN public.diagnosticos_historial.reserva IS 'Por qué se reservaba a su médico en esta versión; nulo si no se reservaba';

ALTER TABLE public.prescripciones ADD COLUMN reserva text;
ALTER TABLE public.prescripciones ADD CONSTRAINT prescripciones_reserva_valida CHECK (reserva IN ('vih', 'salud_mental', 'violencia', 'ive', 'otra'));
ALTER TABLE public.prescripciones ADD CONSTRAINT prescripciones_reserva_de_alguien CHECK (reserva IS NULL OR medico_id IS NOT NULL);
ALTER TABLE public.prescripciones_historial ADD COLUMN reserva text;
COMMENT ON COLUMN public.prescripciones.reserva IS 'Por qué se reserva a su médico: vih, salud_mental, violencia, ive u otra; nulo si no se reserva';
COMMENT ON COLUMN public.prescripciones_historial.reserva IS 'Por qué se reservaba a su médico en esta versión; nulo si no se reservaba';

ALTER TABLE public.ordenes ADD COLUMN reserva text;
ALTER TABLE public.ordenes ADD CONSTRAINT ordenes_reserva_valida CHECK (reserva IN ('vih', 'salud_mental', 'violencia', 'ive', 'otra'));
ALTER TABLE public.ordenes ADD CONSTRAINT ordenes_reserva_de_alguien CHECK (reserva IS NULL OR medico_id IS NOT NULL);
ALTER TABLE public.ordenes_historial ADD COLUMN reserva text;
COMMENT ON COLUMN public.ordenes.reserva IS 'Por qué se reserva a su médico: vih, salud_mental, violencia, ive u otra; nulo si no se reserva';
COMMENT ON COLUMN public.ordenes_historial.reserva IS 'Por qué se reservaba a su médico en esta versión; nulo si no se reservaba';

ALTER TABLE public.resultados ADD COLUMN reserva text;
ALTER TABLE public.resultados ADD CONSTRAINT resultados_reserva_valida CHECK (reserva IN ('vih', 'salud_mental', 'violencia', 'ive', 'otra'));
ALTER TABLE public.resultados ADD CONSTRAINT resultados_reserva_de_alguien CHECK (reserva IS NULL OR medico_id IS NOT NULL);
ALTER TABLE public.resultados_historial ADD COLUMN reserva text;
COMMENT ON COLUMN public.resultados.reserva IS 'Por qué se reserva a su médico: vih, salud_mental, violencia, ive u otra; nulo si no se reserva';
COMMENT ON COLUMN public.resultados_historial.reserva IS 'Por qué se reservaba a su médico en esta versión; nulo si no se reservaba';

ALTER TABLE public.notas ADD COLUMN reserva text;
ALTER TABLE public.notas ADD CONSTRAINT notas_reserva_valida CHECK (reserva IN ('vih', 'salud_mental', 'violencia', 'ive', 'otra'));
ALTER TABLE public.notas ADD CONSTRAINT notas_reserva_de_alguien CHECK (reserva IS NULL OR medico_id IS NOT NULL);
ALTER TABLE public.notas_historial ADD COLUMN reserva text;
COMMENT ON COLUMN public.notas.reserva IS 'Por qué se reserva a su médico: vih, salud_mental, violencia, ive u otra; nulo si no se reserva';
COMMENT ON COLUMN public.notas_historial.reserva IS 'Por qué se reservaba a su médico en esta versión; nulo si no se reservaba';

-- Asked of each row that is reserved, and of no other. The keys and the form of the signature are those of contexto_paciente; what is signed
-- begins with the word «reservados», so that neither setting serves for the other. Without the setting nothing that is reserved is seen.
CREATE FUNCTION public.ve_reservado(medico bigint) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path TO pg_catalog, pg_temp AS $$
DECLARE
    dicho constant text := coalesce(current_setting('historia.reservados', true), '');
    mensaje constant bytea := convert_to('reservados' || substr(dicho, 65), 'UTF8');
    relleno constant bytea := decode(repeat('00', 32), 'hex');
    claves bytea;
    firma bytea;
BEGIN
    IF dicho = '' THEN
        RETURN false;
    END IF;
    IF dicho !~ '^[0-9a-f]{64}[0-9]{10}([0-9]+|[*])$' THEN
        RAISE EXCEPTION 'historia.reservados no dice de qué médico' USING ERRCODE = 'HC001';
    END IF;
    IF abs(extract(epoch FROM clock_timestamp()) - substr(dicho, 65, 10)::bigint) > 300 THEN
        RAISE EXCEPTION 'historia.reservados es de otra hora' USING ERRCODE = 'HC001';
    END IF;
    SELECT decode(split_part(split_part(rolpassword, '$', 2), ':', 2), 'base64') INTO claves FROM pg_authid WHERE rolname = 'historia_contexto';
    FOR una IN 0 .. coalesce(length(claves), 0) / 64 - 1 LOOP
        firma := sha256(substr(claves, una * 64 + 1, 32) || relleno || sha256(substr(claves, una * 64 + 33, 32) || relleno || mensaje));
        IF sha256(firma) = sha256(decode(left(dicho, 64), 'hex')) THEN
            RETURN substr(dicho, 75) IN ('*', medico::text);
        END IF;
    END LOOP;
    RAISE EXCEPTION 'historia.reservados no lleva una firma de esta instalación' USING ERRCODE = 'HC001';
END $$;

COMMENT ON FUNCTION public.ve_reservado IS 'Si esta transacción puede tocar lo que ese médico reservó; error si lo dice y no está firmado';
