#include "request_source.hpp"

namespace certbound::load {

namespace {
/// The value of client_id in a form; empty where there is none. Identifiers with percent escapes are not compared.
std::string find_client_id(std::string_view form) {
  constexpr std::string_view kName = "client_id=";
  auto begin = form.find(kName);
  while (begin != std::string_view::npos && begin != 0 && form[begin - 1] != '&') begin = form.find(kName, begin + 1);
  if (begin == std::string_view::npos) return {};
  const std::string_view rest = form.substr(begin + kName.size());
  const std::string_view value = rest.substr(0, rest.find('&'));
  return value.find_first_of("%+") == std::string_view::npos ? std::string{value} : std::string{};
}
/// Up to the value of Content-Length, or up to the empty line where there is none.
std::string make_head(const Options& options) {
  std::string head = options.method + ' ' + options.path + " HTTP/1.1\r\nHost: " + options.host;
  if (options.endpoint.port != 0) head += ':' + std::to_string(options.endpoint.port);
  head += "\r\nUser-Agent: certbound_load\r\nAccept: */*\r\n";
  for (const std::string& header : options.headers) head += header + "\r\n";
  if (options.method != "GET") head += "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ";
  return head;
}

}  // namespace

RequestSource::RequestSource(const Options& options, ProofMaker& maker, std::size_t first, std::size_t stride)
    : options_{options},
      maker_{maker},
      head_{make_head(options)},
      body_{options.body},
      position_{first},
      stride_{stride},
      is_fixed_{options.client_ids.empty() && options.tokens.empty() && options.assertion_key_file.empty() &&
                options.dpop_key_file.empty()} {
  if (options.client_ids.empty()) fixed_client_id_ = find_client_id(options.body);
  if (is_fixed_) build({});
}

PreparedRequest RequestSource::next() {
  if (is_fixed_) return {octets_, fixed_client_id_, {}};
  Values values;
  values.client_id = fixed_client_id_;
  if (!options_.client_ids.empty()) values.client_id = options_.client_ids[position_ % options_.client_ids.size()];
  if (!options_.tokens.empty()) {
    const Token& token = options_.tokens[position_ % options_.tokens.size()];
    values.token = token.text;
    values.token_id = token.id;
  }
  position_ += stride_;
  if (!options_.assertion_key_file.empty()) values.assertion = assertion_ = maker_.make_assertion(values.client_id);
  if (!options_.dpop_key_file.empty()) values.proof = proof_ = maker_.make_proof();
  build(values);
  return {octets_, values.client_id, values.token_id};
}

void RequestSource::build(const Values& values) {
  octets_.clear();
  head_.append_to(octets_, values);
  if (options_.method == "GET") {
    octets_.append("\r\n");
    return;
  }
  body_text_.clear();
  body_.append_to(body_text_, values);
  octets_.append(std::to_string(body_text_.size())).append("\r\n\r\n").append(body_text_);
}

}  // namespace certbound::load
