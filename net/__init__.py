"""HTTP for both servers: sessions, deadlines, retries, reading ahead. Knows neither server."""
