"""Standing searches: what arrives is held against what people wait for. Pure; see `damsight_schemas.standing`."""
