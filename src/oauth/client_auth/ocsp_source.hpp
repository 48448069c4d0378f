#pragma once

#include <vector>

#include "base/task.hpp"
#include "x509/ocsp_cache.hpp"

namespace certbound::oauth {

/// Who asks OCSP responders for the workers. Called on a worker's thread.
class OcspSource {
 public:
  OcspSource() = default;
  OcspSource(const OcspSource&) = delete;
  OcspSource& operator=(const OcspSource&) = delete;
  virtual ~OcspSource() = default;

  /// The outcome of each question, in their order. The coroutine is suspended at most for a few seconds, then resumed
  /// on its own executor; what has no answer by then is a failure.
  [[nodiscard]] virtual Task<std::vector<x509::OcspOutcome>> ask(x509::OcspOptions options,
                                                                 std::vector<x509::OcspQuestion> questions) = 0;
};

}  // namespace certbound::oauth
