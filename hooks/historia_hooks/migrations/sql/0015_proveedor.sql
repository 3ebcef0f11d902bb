-- Entry with the identity provider of the hospital (OpenID Connect). An account is linked to a subject of that provider by whoever
-- administers; a session that was opened so keeps a digest of the token that opened it, and the index is what lets a token serve once.
-- A subject is not unique: somebody may have an account as a physician and another as a patient.

SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

ALTER TABLE public.cuentas ADD COLUMN sujeto_oidc text;
ALTER TABLE public.cuentas ADD CONSTRAINT cuentas_sujeto_oidc_valido CHECK (octet_length(sujeto_oidc) BETWEEN 1 AND 255);
ALTER TABLE public.cuentas ADD CONSTRAINT cuentas_sujeto_oidc_de_persona CHECK (sujeto_oidc IS NULL OR rol IS NOT NULL);

ALTER TABLE public.sesiones ADD COLUMN token_oidc_sha256 bytea;
ALTER TABLE public.sesiones ADD CONSTRAINT sesiones_token_oidc_valido CHECK (length(token_oidc_sha256) = 32);
ALTER TABLE public.sesiones DROP CONSTRAINT sesiones_motivo_fin_valido;
ALTER TABLE public.sesiones ADD CONSTRAINT sesiones_motivo_fin_valido CHECK (
    motivo_fin IN ('salida', 'cierre', 'reutilizacion', 'cambio de clave', 'clave restablecida', 'cuenta desactivada', 'vinculo cambiado')
);
CREATE UNIQUE INDEX sesiones_token_oidc_unico ON public.sesiones (documento_id, token_oidc_sha256) WHERE token_oidc_sha256 IS NOT NULL;

COMMENT ON COLUMN public.cuentas.sujeto_oidc IS 'Quién es en el proveedor de identidad (su sub): entra por él y no con contraseña; nulo si no está vinculada';
COMMENT ON COLUMN public.sesiones.token_oidc_sha256 IS 'SHA-256 de lo firmado del token del proveedor con que se entró, que vale una sola vez; nulo si se entró con contraseña';
