// A certificate for tests that only read it: a.test and *.a.test, valid until 2126.

/** PEM text, ending with a newline. */
export const PEM = `-----BEGIN CERTIFICATE-----
MIIBlTCCATygAwIBAgIUfVUn3rd/17inD5RFkg6p+IcMOXIwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGYS50ZXN0MCAXDTI2MTEyMTA3MzYyM1oYDzIxMjYxMDI4MDcz
NjIzWjARMQ8wDQYDVQQDDAZhLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AARs3o/tCHWvK0rBdS7I0zCO8iAMKn4EhId0jQT/7dN0b/6P+QykMvlkjaHRLGGw
mpmjpnyxf3UXs9vXP0L1vzNmo3AwbjAdBgNVHQ4EFgQUqQByAb2Xzc78l7u08nnH
VtFeam0wHwYDVR0jBBgwFoAUqQByAb2Xzc78l7u08nnHVtFeam0wDwYDVR0TAQH/
BAUwAwEB/zAbBgNVHREEFDASggZhLnRlc3SCCCouYS50ZXN0MAoGCCqGSM49BAMC
A0cAMEQCIA4stnkIsxtHthRZMt5eOoNjNBfECs6Z+knydVEoyLoqAiBbiG402XXw
2XhKKAH7XGmOMjXtG/OF+c0DMo9nQQFBfQ==
-----END CERTIFICATE-----
`;

/** SHA-256 of its DER form. */
export const PEM_FINGERPRINT = "09562ff826f1d21a4b4ed16eafe40ecb6af74aec9aaaeb2c98bbb4e1da761d8b";
