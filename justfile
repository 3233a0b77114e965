# What is done often. `just` lists it; every recipe is one command that can be typed as well.

# Lists the recipes.
default:
    @just --list

# Plays the closed loop on real purchases, shows the tables, and goes on serving.
demo:
    cargo run -- demo

# Serves the suite on this machine.
serve:
    cargo run -- serve

# Runs every test of the workspace, foreign clients included.
test:
    tests/run

# Runs the tests of one crate, such as `just test-one rapport-loyalty`.
test-one crate:
    cargo test --package {{ crate }}

# Does everything that the gate does before a change is taken.
gate:
    .ci/run

# Formats Rust and the contract.
format:
    cargo fmt --all
    cd proto && ../tests/tools/node_modules/.bin/buf format -w

# Lints everything.
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# Checks the contract; `just contract --accept` takes a change over that breaks nothing.
contract *arguments:
    proto/check {{ arguments }}

# Checks licences, sources and versions of the dependencies.
dependencies:
    .ci/dependencies

# Builds the API documentation.
documentation:
    cargo doc --workspace --no-deps --open
