#include "cli/ask_ocsp.hpp"

#include <string>
#include <vector>

#include "app/ocsp_fetch.hpp"

namespace certbound::cli {

namespace {

std::vector<x509::OcspOutcome> find_outcomes(const x509::OcspDesk& desk, const fetch::Options& options, WallTime now,
                                             const Arguments& arguments) {
  std::string why = "nobody is asked about another time (--time)";
  if (!arguments.has("--time")) {
    const auto settings = fetch::make_settings(options);
    if (settings) return app::ask_ocsp_now(desk.options, desk.questions, *settings, now);
    why = settings.error().detail;
  }
  return {desk.questions.size(), x509::OcspOutcome::of_failure(why, now, x509::kOcspPause)};
}

}  // namespace

void ask_ocsp(x509::OcspDesk& desk, const fetch::Options& options, WallTime now, const Arguments& arguments) {
  const auto outcomes = find_outcomes(desk, options, now, arguments);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    desk.answers.put(x509::ocsp_key(desk.questions[i], desk.options), outcomes[i]);
  }
}

}  // namespace certbound::cli
