"""What the server imports: the application, configured from the environment."""

from historia_clinica.app import create_app
from historia_clinica.http.access_log import configure
from historia_clinica.settings import Settings

settings = Settings()
configure(settings.historia_log_level)
app = create_app(settings)
