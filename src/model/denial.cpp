#include "model/denial.hpp"

namespace certbound::model {

std::string_view name(DenialKind kind) {
  switch (kind) {
    case DenialKind::jti:
      return "jti";
    case DenialKind::thumbprint:
      return "thumbprint";
    case DenialKind::client:
      return "client";
    case DenialKind::issued_before:
      return "issued_before";
  }
  return {};
}

std::optional<DenialKind> parse_denial_kind(std::string_view text) {
  for (const DenialKind kind : kDenialKinds) {
    if (text == name(kind)) return kind;
  }
  return std::nullopt;
}

std::string describe_denial(const Denial& denial) {
  std::string text = "denial " + std::to_string(denial.id) + " of ";
  text += denial.kind == DenialKind::issued_before ? "all clients" : std::string{name(denial.kind)};
  if (!denial.subject.empty()) text += " " + denial.subject;
  if (denial.issued_before) text += ", only tokens issued before " + to_rfc3339(*denial.issued_before) + ",";
  text +=
      " since " + to_rfc3339(denial.created_at) + " until " + (denial.until ? to_rfc3339(*denial.until) : "removed");
  return text + ": " + denial.reason;
}

std::string_view name(DenialOrigin origin) {
  switch (origin) {
    case DenialOrigin::by_operator:
      return "operator";
    case DenialOrigin::by_client:
      return "client";
    case DenialOrigin::by_server:
      return "server";
  }
  return {};
}

std::optional<DenialOrigin> parse_denial_origin(std::string_view text) {
  for (const DenialOrigin origin : kDenialOrigins) {
    if (text == name(origin)) return origin;
  }
  return std::nullopt;
}

}  // namespace certbound::model
