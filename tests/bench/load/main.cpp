#include <csignal>
#include <iostream>
#include <sys/resource.h>

#include "options.hpp"
#include "report.hpp"
#include "sample.hpp"

namespace {

/// As many sockets as the system gives.
void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  // A refusal shows as connect faults, which are reported.
  static_cast<void>(setrlimit(RLIMIT_NOFILE, &limit));
}

}  // namespace

/// Exit status: 0 every answer held; 1 one did not, or the run was cut; 2 wrong usage; 3 could not run.
int main(int argc, char** argv) {
  const auto parsed = certbound::load::parse_options(argc, argv);
  if (!parsed.options) return parsed.status;
  // Fails for a signal that does not exist only.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  raise_file_limit();
  const auto sample = certbound::load::take_sample(*parsed.options);
  if (!sample) {
    std::cerr << "certbound_load: " << sample.error().detail << '\n';
    return 3;
  }
  std::cout << certbound::load::render_report(*parsed.options, *sample) << std::flush;
  return certbound::load::count_failures(*sample) == 0 && sample->tally.answered > 0 ? 0 : 1;
}
