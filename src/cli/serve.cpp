#include "app/daemon.hpp"
#include "cli/output.hpp"
#include "cli/verb.hpp"

namespace certbound::cli {

namespace {

constexpr ArgumentSpec kServeArguments[] = {kConfigArgument};

ExitStatus run_serve(const Arguments& arguments) { return app::Daemon{configuration_path(arguments)}.run(); }

}  // namespace

const Verb kServe{{},
                  "serve",
                  "run the server in the foreground until SIGTERM or SIGINT; SIGHUP reloads",
                  kServeArguments,
                  &run_serve};

}  // namespace certbound::cli
