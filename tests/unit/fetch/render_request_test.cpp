#include "fetch/render_request.hpp"

#include <gtest/gtest.h>

namespace certbound::fetch {

namespace {

std::string render(const Request& request, const std::string& url) { return render_request(request, *parse_url(url)); }

}  // namespace

TEST(RenderRequest, AsksForTheTargetWithoutCoding) {
  Request request;
  request.content_types = {"application/json", "application/jwk-set+json"};
  EXPECT_EQ(render(request, "https://a.example:8443/jwks?x=1"),
            "GET /jwks?x=1 HTTP/1.1\r\nHost: a.example:8443\r\nUser-Agent: certbound\r\n"
            "Accept: application/json, application/jwk-set+json\r\nAccept-Encoding: identity\r\n"
            "Connection: close\r\n\r\n");
}

TEST(RenderRequest, IsConditionalWhereItHasValidators) {
  Request request;
  request.validators.etag = "\"v1\"";
  request.validators.last_modified = "Sun, 06 Nov 1994 08:49:37 GMT";
  const std::string text = render(request, "https://a.example/");
  EXPECT_NE(text.find("\r\nIf-None-Match: \"v1\"\r\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), std::string::npos) << text;
}

TEST(RenderRequest, PostsABody) {
  Request request;
  request.method = Method::post;
  request.body = std::string{"a\0b", 3};
  request.body_type = "application/ocsp-request";
  const std::string text = render(request, "http://ocsp.example");
  EXPECT_TRUE(text.starts_with("POST / HTTP/1.1\r\nHost: ocsp.example\r\n")) << text;
  EXPECT_TRUE(
      text.ends_with("Content-Type: application/ocsp-request\r\nContent-Length: 3\r\n\r\n" + std::string{"a\0b", 3}))
      << text;
  EXPECT_EQ(text.find("If-"), std::string::npos);
}

TEST(CheckRequest, RefusesWhatWouldEndAHeaderLine) {
  Request request;
  EXPECT_FALSE(check_request(request));
  request.validators.etag = "\"a\"\r\nX: y";
  EXPECT_TRUE(check_request(request));
  request.validators.etag.clear();
  request.content_types = {"a/b\n"};
  EXPECT_TRUE(check_request(request));
}

TEST(CheckRequest, RefusesAGetWithABodyAndARequestWithoutTime) {
  Request request;
  request.body = "a";
  EXPECT_TRUE(check_request(request));
  request.method = Method::post;
  EXPECT_FALSE(check_request(request));
  request.timeout = std::chrono::milliseconds{0};
  EXPECT_TRUE(check_request(request));
}

}  // namespace certbound::fetch
