"""What the server imports: the application, configured from the environment."""

from historia_clinica.app import create_app
from historia_clinica.http.access_log import configure
from historia_clinica.settings import read_settings

settings = read_settings()
configure(settings.historia_log_level)
app = create_app(settings)
