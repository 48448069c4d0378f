#pragma once

#include <string>

#include "model/client.hpp"

namespace certbound::app {

inline model::Client certificate_client(const std::string& id) {
  model::Client client{*model::ClientId::parse(id)};
  client.subject = model::RegisteredSubject{model::SubjectField::san_dns, id + ".example"};
  client.trust_store = "partners";
  client.origin = model::ClientOrigin{"yaml", "certbound.yaml:10"};
  return client;
}

inline model::Client secret_client(const std::string& id) {
  model::Client client{*model::ClientId::parse(id)};
  client.token_endpoint_auth_method = model::AuthMethod::client_secret_basic;
  client.origin = model::ClientOrigin{"yaml", "certbound.yaml:20"};
  return client;
}

}  // namespace certbound::app
