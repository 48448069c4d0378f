#!/usr/bin/python3
"""Holds config/certbound.schema.json against the fixtures of the configuration loader.

Every valid file and the shipped example must pass; an invalid file that says `# schema: invalid` must fail. The validator and the
YAML reader are foreign, so that a fault of ours is not tested with itself.

usage: schema_test.py ROOT
"""

import json
import pathlib
import sys

import jsonschema
import yaml


def load_yaml(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def first_error(validator, path):
    return next(iter(sorted(validator.iter_errors(load_yaml(path)), key=str)), None)


def main(root):
    schema = json.loads((root / "config/certbound.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    fixtures = root / "tests/fixtures/config"

    faults = []
    valid = sorted(fixtures.glob("valid/**/*.yaml")) + [root / "config/certbound.example.yaml"]
    for path in valid:
        error = first_error(validator, path)
        if error is not None:
            place = ".".join(str(step) for step in error.absolute_path)
            faults.append(f"{path}: the schema refuses a file that loads: {place}: {error.message}")

    marked = [p for p in sorted(fixtures.glob("invalid/**/*.yaml")) if p.read_bytes().startswith(b"# schema: invalid\n")]
    for path in marked:
        if first_error(validator, path) is None:
            faults.append(f"{path}: the schema takes a file that does not load")

    if len(valid) < 7 or len(marked) < 7:
        faults.append(f"only {len(valid)} valid and {len(marked)} marked invalid files were found")
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(valid)} valid and {len(marked)} invalid files")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
