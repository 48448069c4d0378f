#pragma once

namespace certbound::cli {

/// The whole program: parses the command line, runs one verb. Returns the exit status of product.md section 2: 2 for
/// wrong usage, 3 for what no verb foresaw.
[[nodiscard]] int run(int argc, char** argv);

}  // namespace certbound::cli
