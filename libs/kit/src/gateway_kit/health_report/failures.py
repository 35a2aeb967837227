"""Expected failures in words."""


def sentence_of(exc: BaseException) -> str | None:
    """One sentence without the addresses and credentials in a client's own text; None: a fault of this code."""
    import httpx
    import nats.errors
    import pymongo.errors

    from gateway_contracts.errors import GatewayError
    from gateway_kit.backup.errors import BackupError

    match exc:
        case BackupError():
            return f"{str(exc)[:1].upper()}{str(exc)[1:]}."
        case GatewayError():
            return f"{exc} ({exc.code})."
        case nats.errors.Error():
            return _of_the_bus(exc)
        case pymongo.errors.OperationFailure():
            return f"The database refuses: {exc.details.get('codeName', exc.code) if exc.details else exc.code}."
        case pymongo.errors.ConfigurationError():
            return "MONGODB_URI is not the address of a database."
        case pymongo.errors.PyMongoError():
            return f"The database does not answer ({type(exc).__name__})."
        case httpx.HTTPError():
            return f"The request was not answered ({type(exc).__name__})."
        case TimeoutError():
            return "The deadline passed without an answer."
        case OSError():
            return f"The connection failed ({type(exc).__name__})."
        case _:
            return None


def _of_the_bus(exc: Exception) -> str:
    import nats.errors

    if isinstance(exc, nats.errors.AuthorizationError) or "authorization violation" in str(exc).lower():
        return "The bus refuses the user or password (NATS_USER, NATS_PASSWORD)."
    return f"The bus does not answer ({type(exc).__name__})."
