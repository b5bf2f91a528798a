/* Any key, any signature, any digest: nothing but the one that was signed is good. Inputs start with K, S or D for what follows;
 * the rest is what belongs to test/firmware/vectors. */
#include <string.h>
#include "fuzz.h"
#include "signature.h"

static const char key[] =
  "-----BEGIN PUBLIC KEY-----\n"
  "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2Y3xVR4qa8nmd6h9xHuXCuk7Oc2n\n"
  "D0nP2MoMALQQOVy2FBriABAt0wZCYCOK5yn17z/mp8ETxQAxjtPEC3FiPQ==\n"
  "-----END PUBLIC KEY-----\n";
static const unsigned char digest[32] = {
  0x9b, 0x8a, 0x6e, 0x93, 0xa7, 0x24, 0x2d, 0x1a, 0xff, 0x98, 0xe6, 0x34, 0xdc, 0x68, 0xc2, 0xa3,
  0xc7, 0x5b, 0x33, 0x5b, 0xed, 0xd6, 0x04, 0x43, 0x50, 0xbe, 0x3e, 0xa6, 0x22, 0x47, 0x50, 0xac,
};
static const unsigned char signature[] = {
  0x30, 0x44, 0x02, 0x20, 0x77, 0x02, 0x04, 0x65, 0x68, 0xfe, 0x3e, 0x6d, 0xb3, 0x8c, 0x89, 0xdc,
  0xd1, 0x28, 0xf3, 0x92, 0x00, 0x37, 0xcb, 0x10, 0xf4, 0xbe, 0xfe, 0xa5, 0xa4, 0x93, 0xab, 0xbf,
  0x97, 0xc3, 0xd4, 0xcb, 0x02, 0x20, 0x3e, 0xc5, 0xc0, 0xbc, 0xda, 0x2f, 0xb0, 0x80, 0xba, 0xef,
  0x98, 0x13, 0x4d, 0x19, 0xaf, 0xc1, 0x55, 0x41, 0xe8, 0xeb, 0x84, 0xaf, 0x2e, 0xa3, 0xa3, 0x43,
  0xa2, 0x62, 0xd7, 0x64, 0x7e, 0xfb,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size < 1) return 0;
  char *bytes = malloc(size); /* one less, and the NUL that the contract asks for */
  memcpy(bytes, data + 1, size - 1);
  bytes[size - 1] = '\0';
  const unsigned char *given = (const unsigned char *)bytes;
  size_t length = size - 1;
  int result;
  if (*data == 'K') {
    result = jobsfw_verify(bytes, length, digest, sizeof digest, signature, sizeof signature);
  } else if (*data == 'S') {
    result = jobsfw_verify(key, sizeof key - 1, digest, sizeof digest, given, length);
    if (result == 0) MUST(length == sizeof signature);
  } else {
    result = jobsfw_verify(key, sizeof key - 1, given, length, signature, sizeof signature);
    if (result == 0) MUST(length == sizeof digest && memcmp(given, digest, length) == 0);
  }
  MUST(result <= 0);
  free(bytes);
  return 0;
}
