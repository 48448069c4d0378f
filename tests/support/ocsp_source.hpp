#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "oauth/client_auth/ocsp_source.hpp"

namespace certbound::test {

/// Answers without a responder; by default that nobody answers.
class ScriptedOcsp final : public oauth::OcspSource {
 public:
  using Answer = std::function<x509::OcspOutcome(const x509::OcspQuestion& question)>;

  Task<std::vector<x509::OcspOutcome>> ask(x509::OcspOptions options,
                                           std::vector<x509::OcspQuestion> questions) override {
    last_options = std::move(options);
    asked += questions.size();
    std::vector<x509::OcspOutcome> outcomes;
    for (const x509::OcspQuestion& question : questions) outcomes.push_back(answer(question));
    co_return outcomes;
  }

  Answer answer = [](const x509::OcspQuestion&) { return x509::OcspOutcome(); };
  std::size_t asked = 0;
  x509::OcspOptions last_options;
};

}  // namespace certbound::test
