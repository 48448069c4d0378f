#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "options.hpp"
#include "proof_maker.hpp"
#include "text_template.hpp"

namespace certbound::load {

/// A request, ready for the wire, and what the answer must name.
struct PreparedRequest {
  std::string_view octets;
  std::string_view client_id;  ///< empty where the body names none
  std::string_view token_id;   ///< empty without --tokens
};

/// Makes the requests of one thread: always the same one, or with the next client_id and the next token of the lists,
/// and with an assertion and a proof of its own. Requests that one thread makes start at `first` and step by `stride`,
/// so that the threads together go through the whole lists.
class RequestSource {
 public:
  /// `options` and `maker` must outlive the source.
  RequestSource(const Options& options, ProofMaker& maker, std::size_t first, std::size_t stride);

  /// Valid until the next call.
  [[nodiscard]] PreparedRequest next();

 private:
  void build(const Values& values);

  const Options& options_;
  ProofMaker& maker_;
  TextTemplate head_;  ///< up to the value of Content-Length
  TextTemplate body_;
  std::string octets_;
  std::string body_text_;
  std::string fixed_client_id_;
  std::string assertion_;
  std::string proof_;
  std::size_t position_;
  std::size_t stride_;
  bool is_fixed_;  // every request is the same
};

}  // namespace certbound::load
