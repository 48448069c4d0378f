#pragma once

#include <string_view>

/// Private keys that OpenSSL's command line made for these tests, each with the command.
namespace certbound::crypto::test {

/// openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256
inline constexpr std::string_view kP256Pem = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgaLUp1asFcy6uivw1
/zaINJ1vMH6JhxwtxFhMMguZXdehRANCAASn7dpN621KluUZgzh3Xil5F0hIO8jj
ymhgPnF+zoQNXOBQEtgor/BDMOGkIcbNdDI7n0ABDLAbhYc6UivZI0Kn
-----END PRIVATE KEY-----
)";

/// openssl ecparam -name prime256v1 -genkey
inline constexpr std::string_view kP256WithParametersPem = R"(-----BEGIN EC PARAMETERS-----
BggqhkjOPQMBBw==
-----END EC PARAMETERS-----
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEINCmoqy2k3884QLnP1Iiwb0VI8sEP1176sckzl1Xrs23oAoGCCqGSM49
AwEHoUQDQgAEYK50H+ayLtC762vlkf+voOrcBuqKSdKuwCAVnuyjdM3E2P5vW0iL
VIjA+2lJRTO/2dLf91ZLXlUpxUJo7oVmPg==
-----END EC PRIVATE KEY-----
)";

/// openssl pkcs8 -topk8 -v2 aes-256-cbc
inline constexpr std::string_view kEncryptedPem = R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjPuGHl1OH3OQICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEDywdNV7sbZzAMGZamiBVlQEgZAq
ancYj2vCPl3096sLrucwRTCRga9p5R6RmRglMt2LKjJvqgcKfbaIGocFmk2rvAxf
XAj+nuLx53HGUQ6Up3bwo24OTylTIazdca1U/u5xSQG8ImcnGkYaie74kMX2Mw7w
8OLS0Khi8JQGRHsS1lzI6VsULNL+McdQPZEWPwmvZu8CmxtZmaI8MW1zpz2QSd4=
-----END ENCRYPTED PRIVATE KEY-----
)";

/// openssl ec -aes128
inline constexpr std::string_view kEncryptedTraditionalPem = R"(-----BEGIN EC PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,183EB2154A80463C4DE2745F39CB71CE

+G7Eg+0q9o8oSwUWXEMPro1QDuqFka2fo5r+Q40XyEs8+zfLWqZVtLE5CQoo6K3W
+MqF5DWTGw/YipkJrAYDbo7LLfCUvBB9pUKboBY7vHXswwaRKfLjfnD+HVS+4NU0
3fxXYNA+NymC830rmeo/ttoab6jWo2cDn1PjlxWVs5o=
-----END EC PRIVATE KEY-----
)";

/// openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit
inline constexpr std::string_view kExplicitP256Pem = R"(-----BEGIN PRIVATE KEY-----
MIIBeQIBADCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAAB
AAAAAAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA
///////////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMV
AMSdNgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg
9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8A
AAAA//////////+85vqtpxeehPO5ysL8YyVRAgEBBG0wawIBAQQgr4wsHLUSLTi0
AzfnOKPF1YLPj8Xj5vrdGnHJVNvHoUuhRANCAARbGgokp4rjQu39QUdcATdMrZvm
kYNX5seBcMbSU7sbodFGPcgBI7uwQki0eNWlI8j2ytevQJmPU9Jb1wrgpKls
-----END PRIVATE KEY-----
)";

/// openssl genpkey -genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:2048, then openssl genpkey -paramfile
inline constexpr std::string_view kDsa2048Pem = R"(-----BEGIN PRIVATE KEY-----
MIICXAIBADCCAjUGByqGSM44BAEwggIoAoIBAQC6TR32c07Br5thMg2xpKAhLcmp
82hxtlR37JoGfF65ZzoNEcRVl3HKdhB6jpQ9l5z06P7N5HU39O+PcKb4uw5piWBt
C4Z60FGrlO0wd4cyR0kqmj2PywR15rjjRmTX6MJzWqmH18L8RK3eoxKzczXtAspN
XjzT4euBeuCv7+gWIA80xbg9Cb+PKxaiJ+WAOV/zkiH5qwF9ou9MsGtCYC350Cix
VszAxT8rtvNTNBEjZVST23fUW95E8WUPDpzovA4+TFeMawINSXn+SCOEU3Fl987W
laC0FMZmFsTkNceHJWyL/UwaGSecYgc1JLqI2oFC/1rxxyFn6dyxSbonce2XAh0A
hVYMQpPo4sjdB2QISV1xeTdzAuEXhIh6jDRaNQKCAQBfshFDMuMMy1EYemAhdEE3
AHW3/yBsLvQcz58IYd8XUM0hJeEYwcCIKuYabLMkpebzdVv/l6xAjpMYPa2kBGFU
O0DLtxm8edsF+8gmhtxIbs22JG4Ie76NNoyYn+oyQveti3ijbygYVM4YeYVVYh53
zGWoeIAC4wKxgp35ch3Btoz+5C6foZdHDgnZPwKIp6Iud/TTKhDEwwk4ZSUqBoGc
TZYgLnT8Bj7pUSeSO12/szU0amsmDZU691ZQchDxdhH4oU+TgvS6BcyJZr9ZwcUC
tOyO2eTUsaLFoJ4lSH4/UnUAP4WkwL73UN0YH1mI4pBxTL6l3RRhuen4EzHjZC4n
BB4CHDtgiJ29JOEJT4Z7mJCUcOhfqOY3nwOh2sxvWV0=
-----END PRIVATE KEY-----
)";

/// openssl pkey -pubout
inline constexpr std::string_view kPublicPem = R"(-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEp+3aTettSpblGYM4d14peRdISDvI
48poYD5xfs6EDVzgUBLYKK/wQzDhpCHGzXQyO59AAQywG4WHOlIr2SNCpw==
-----END PUBLIC KEY-----
)";

/// openssl req -x509 -new -subj /CN=x
inline constexpr std::string_view kCertificatePem = R"(-----BEGIN CERTIFICATE-----
MIIBbTCCAROgAwIBAgIUAd16sEJop1+6c+/IqhGL/TItn/YwCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBeDAeFw0yNjExMjEwMzEwMDBaFw0zNjExMTgwMzEwMDBaMAwx
CjAIBgNVBAMMAXgwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASn7dpN621KluUZ
gzh3Xil5F0hIO8jjymhgPnF+zoQNXOBQEtgor/BDMOGkIcbNdDI7n0ABDLAbhYc6
UivZI0Kno1MwUTAdBgNVHQ4EFgQU5Cw6WMWhVtfbzOICnXhB+yXbXq0wHwYDVR0j
BBgwFoAU5Cw6WMWhVtfbzOICnXhB+yXbXq0wDwYDVR0TAQH/BAUwAwEB/zAKBggq
hkjOPQQDAgNIADBFAiEA+oh9viQfNLVWcHgQmFZO7gZjB99onuzmiYA6onnqoagC
IEhWXGfi23SuBGKftk2cOVBV5NI4XL5Vsv7j9Gdmy2gx
-----END CERTIFICATE-----
)";

}  // namespace certbound::crypto::test
