-- Records of which their physician says that they are reserved: HIV, mental health, violence, abortion. Only he, the patient, who breaks the
-- glass and whoever the matrix lets (recurso `reservados`) see them, and the policies of the tables keep to it (historia_hooks/schema.py).
-- The function that these call is in 0017: Citus makes none in a transaction that has altered distributed tables.

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
