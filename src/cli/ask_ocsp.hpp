#pragma once

#include "base/clock.hpp"
#include "cli/verb.hpp"
#include "fetch/options.hpp"
#include "x509/ocsp_cache.hpp"

namespace certbound::cli {

/// Has the questions of `desk` asked, as the server asks them, and puts what came of each into its answers; verify
/// again then. With `--time` nobody is asked, since a responder answers for the present: the outcomes say so.
void ask_ocsp(x509::OcspDesk& desk, const fetch::Options& options, WallTime now, const Arguments& arguments);

}  // namespace certbound::cli
