/* argv[1]: a folder with vectors that OpenSSL has made: keys, certificate, digest, signatures. */
#include <stdbool.h>
#include <mbedtls/ecp.h>
#include <mbedtls/pk.h>
#include "allocator.h"
#include "check.h"
#include "signature.h"

typedef struct { char *bytes; size_t length; } blob;

static const char *folder;
static blob key, key_windows, key_der, certificate, certificate_der, other_key, rsa_key, p384_key, k256_key, digest, signature, rsa_signature, k256_signature;

static blob load(const char *name)
{
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "rb");
  if (!file) { perror(path); exit(1); }
  static char buffer[8192];
  blob b = { NULL, fread(buffer, 1, sizeof buffer, file) };
  fclose(file);
  b.bytes = malloc(b.length + 1);
  memcpy(b.bytes, buffer, b.length);
  b.bytes[b.length] = '\0';
  return b;
}

static int verify_with(blob k, blob s)
{
  return jobsfw_verify(k.bytes, k.length, (unsigned char *)digest.bytes, digest.length, (unsigned char *)s.bytes, s.length);
}

static int verify_bytes(const void *k, size_t key_length, const void *s, size_t signature_length)
{
  /* Exactly as long as they say, so that a byte read behind them is found. */
  char *key_copy = malloc(key_length + 1);
  unsigned char *signature_copy = malloc(signature_length ? signature_length : 1);
  if (key_length) memcpy(key_copy, k, key_length);
  if (signature_length) memcpy(signature_copy, s, signature_length);
  key_copy[key_length] = '\0';
  int result = jobsfw_verify(key_copy, key_length, (unsigned char *)digest.bytes, digest.length, signature_copy, signature_length);
  free(key_copy);
  free(signature_copy);
  return result;
}

static void good(void)
{
  CHECK_NUMBER(verify_with(key, signature), 0);
  CHECK_NUMBER(verify_with(key_der, signature), 0);
  CHECK_NUMBER(verify_with(certificate, signature), 0);
  CHECK_NUMBER(verify_with(certificate_der, signature), 0);
}

static void line_ends(void)
{
  CHECK(strstr(key_windows.bytes, "\r\n"));
  CHECK_NUMBER(verify_with(key_windows, signature), 0);
  blob with_nul = { key.bytes, key.length + 1 }; /* as stock firmware needs it */
  char *longer = malloc(key.length + 2);
  memcpy(longer, key.bytes, key.length + 1);
  longer[key.length + 1] = '\0';
  with_nul.bytes = longer;
  CHECK_NUMBER(verify_with(with_nul, signature), 0);
  free(longer);
}

static void wrong_digest(void)
{
  for (size_t i = 0; i < digest.length; i++) {
    digest.bytes[i] ^= 1;
    CHECK(verify_with(key, signature) < 0);
    digest.bytes[i] ^= 1;
  }
  unsigned char *s = (unsigned char *)signature.bytes;
  CHECK(jobsfw_verify(key.bytes, key.length, (unsigned char *)digest.bytes, 31, s, signature.length) < 0);
  CHECK(jobsfw_verify(key.bytes, key.length, (unsigned char *)digest.bytes, 0, s, signature.length) < 0);
}

static void wrong_key(void)
{
  CHECK(verify_with(other_key, signature) < 0);
  CHECK_NUMBER(verify_with(rsa_key, rsa_signature), MBEDTLS_ERR_PK_BAD_INPUT_DATA);
  CHECK_NUMBER(verify_with(rsa_key, signature), MBEDTLS_ERR_PK_TYPE_MISMATCH);
  CHECK_NUMBER(verify_with(p384_key, signature), MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE);
  CHECK_NUMBER(verify_with(k256_key, k256_signature), MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE);
}

static void malformed_key(void)
{
  for (size_t i = 0; i < key.length - 2; i++) CHECK(verify_bytes(key.bytes, i, signature.bytes, signature.length) < 0);
  for (size_t i = 0; i < key_der.length; i++) CHECK(verify_bytes(key_der.bytes, i, signature.bytes, signature.length) < 0);
  CHECK(verify_bytes("-----BEGIN PUBLIC KEY-----", 26, signature.bytes, signature.length) < 0);
  CHECK(verify_bytes("-----BEGIN CERTIFICATE-----", 27, signature.bytes, signature.length) < 0);
  blob first_good = { malloc(certificate.length * 2 + 1), 0 };
  memcpy(first_good.bytes, certificate.bytes, certificate.length);
  memcpy(first_good.bytes + certificate.length, certificate.bytes, certificate.length + 1);
  first_good.length = certificate.length * 2;
  CHECK_NUMBER(verify_with(first_good, signature), 0);
  memset(first_good.bytes + certificate.length + 60, 'A', 40); /* a second certificate that cannot be read */
  CHECK(verify_with(first_good, signature) < 0);
  free(first_good.bytes);
  blob large = { calloc(1, JOBSFW_KEY_MAX + 2), JOBSFW_KEY_MAX + 1 };
  memset(large.bytes, '\n', large.length);
  memcpy(large.bytes, key.bytes, key.length);
  CHECK_NUMBER(verify_with(large, signature), MBEDTLS_ERR_PK_BAD_INPUT_DATA);
  large.bytes[--large.length] = '\0';
  CHECK_NUMBER(verify_with(large, signature), 0);
  free(large.bytes);
}

static void malformed_signature(void)
{
  for (size_t i = 0; i < signature.length; i++) CHECK(verify_bytes(key.bytes, key.length, signature.bytes, i) < 0);
  char longer[JOBSFW_SIGNATURE_MAX + 2] = { 0 };
  memcpy(longer, signature.bytes, signature.length);
  for (size_t i = signature.length + 1; i < sizeof longer; i++) CHECK(verify_bytes(key.bytes, key.length, longer, i) < 0);
  for (size_t i = 0; i < signature.length; i++) {
    signature.bytes[i] ^= (char)(1 << i % 8);
    CHECK(verify_bytes(key.bytes, key.length, signature.bytes, signature.length) < 0);
    signature.bytes[i] ^= (char)(1 << i % 8);
  }
  CHECK_NUMBER(verify_bytes(key.bytes, key.length, "\x30\x06\x02\x01\x00\x02\x01\x00", 8), MBEDTLS_ERR_ECP_VERIFY_FAILED); /* r and s are 0 */
}

/* Writes the numbers of the good signature in DER with so many zeros too many, or with lengths of two bytes. */
static size_t encode(char *into, int zeros_before_r, int zeros_before_s, bool long_length)
{
  const char *r = signature.bytes + 2, *s = r + 2 + r[1];
  const char *numbers[] = { r, s };
  const int zeros[] = { zeros_before_r, zeros_before_s };
  char body[160] = { 0 };
  size_t at = 0;
  for (int n = 0; n < 2; n++) {
    body[at++] = 2;
    body[at++] = (char)(numbers[n][1] + zeros[n]);
    at += (size_t)zeros[n];
    memcpy(body + at, numbers[n] + 2, (size_t)numbers[n][1]);
    at += (size_t)numbers[n][1];
  }
  size_t head = 0;
  into[head++] = 0x30;
  if (long_length) into[head++] = (char)0x81;
  into[head++] = (char)at;
  memcpy(into + head, body, at);
  return head + at;
}

/* Mbed TLS alone takes each of these: one signature would have many forms. */
static void other_forms(void)
{
  char form[200];
  CHECK_NUMBER(verify_bytes(key.bytes, key.length, form, encode(form, 0, 0, false)), 0);
  CHECK(signature.length + 1 <= JOBSFW_SIGNATURE_MAX);
  CHECK_NUMBER(verify_bytes(key.bytes, key.length, form, encode(form, 1, 0, false)), MBEDTLS_ERR_ECP_VERIFY_FAILED);
  CHECK_NUMBER(verify_bytes(key.bytes, key.length, form, encode(form, 0, 1, false)), MBEDTLS_ERR_ECP_VERIFY_FAILED);
  CHECK_NUMBER(verify_bytes(key.bytes, key.length, form, encode(form, 0, 0, true)), MBEDTLS_ERR_ECP_VERIFY_FAILED);
  size_t length = encode(form, 0, 0, false);
  form[1]++; /* a byte behind the two numbers, inside */
  form[length] = '\0';
  CHECK_NUMBER(verify_bytes(key.bytes, key.length, form, length + 1), MBEDTLS_ERR_ECP_VERIFY_FAILED);
  static const char *const malformed[] = {
    "\x31\x06\x02\x01\x01\x02\x01\x01", "\x30\x06\x04\x01\x01\x02\x01\x01", "\x30\x06\x02\x01\x01\x02\x01\x81", "\x30\x06\x02\x01\x81\x02\x01\x01",
    "\x30\x06\x02\x04\x01\x02\x01\x01", "\x30\x06\x02\x03\x01\x02\x01\x01", "\x30\x06\x02\x7f\x01\x02\x01\x01", "\x30\x06\x02\x00\x01\x02\x01\x01",
    "\x30\x05\x02\x01\x01\x02\x01\x01", "\x30\x80\x02\x01\x01\x02\x01\x01", "\x30\x06\x02\x01\x01\x02\x00\x01", "\x30\x06\x02\x01\x01\x02\x02\x01",
  };
  CHECK_NUMBER(verify_bytes(key.bytes, key.length, "\x30\x09\x02\x01\x01\x02\x01\x01\x02\x01\x01", 11), MBEDTLS_ERR_ECP_VERIFY_FAILED);
  for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
    CHECK_NUMBER(verify_bytes(key.bytes, key.length, malformed[i], 8), MBEDTLS_ERR_ECP_VERIFY_FAILED);
}

/* How the agent learns at boot whether its key is one: any key that is gives this code, and no other does. */
static void key_alone(void)
{
  const blob keys[] = { key, key_windows, key_der, certificate, certificate_der, other_key }, none[] = { rsa_key, p384_key, k256_key, digest, signature };
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    CHECK_NUMBER(verify_bytes(keys[i].bytes, keys[i].length, "\x30\x06\x02\x01\x01\x02\x01\x01", 8), MBEDTLS_ERR_ECP_VERIFY_FAILED);
  for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
    int code = verify_bytes(none[i].bytes, none[i].length, "\x30\x06\x02\x01\x01\x02\x01\x01", 8);
    CHECK(code < 0 && code != MBEDTLS_ERR_ECP_VERIFY_FAILED);
  }
}

/* One refusal in the parsing of a key, wherever it is; then here and there in the arithmetic, which allocates thousands of times. */
static long after(long refused) { return refused < 100 ? refused + 1 : refused + 97; }

/* A refusal that another way makes up for (DER is tried as a key, then as a certificate) may end well, if the signature is good. */
static void no_memory(void)
{
  const blob keys[] = { key, key_der, certificate, certificate_der };
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    for (int is_good = 0; is_good < 2; is_good++) {
      unsigned errors = 0;
      if (!is_good) digest.bytes[5] ^= 1;
      for (long refused = 0;; refused = after(refused)) {
        allocator_grants = refused;
        int result = verify_with(keys[i], signature);
        CHECK(is_good ? result <= 0 : result < 0);
        if (allocator_grants >= 0) { /* all were granted */
          CHECK(is_good ? result == 0 : result < 0);
          break;
        }
        if (result < 0) errors++;
      }
      allocator_grants = -1;
      if (!is_good) digest.bytes[5] ^= 1;
      CHECK(errors > 10);
    }
  }
}

int main(int argc, char **argv)
{
  CHECK(argc == 2);
  folder = argv[1];
  key = load("key.pem"); key_windows = load("key-windows.pem"); key_der = load("key.der");
  certificate = load("certificate.pem"); certificate_der = load("certificate.der");
  other_key = load("other.pem"); rsa_key = load("rsa.pem"); p384_key = load("p384.pem"); k256_key = load("k256.pem");
  digest = load("digest.bin"); signature = load("signature.der"); rsa_signature = load("rsa-signature.bin"); k256_signature = load("k256-signature.der");

  TEST("a signature is good under the key and under its certificate, PEM or DER", good);
  TEST("PEM with Windows line ends and PEM with a NUL behind it are understood", line_ends);
  TEST("a digest with one other bit, or of another length, is not what was signed", wrong_digest);
  TEST("another key, an RSA key and keys of other curves are refused", wrong_key);
  TEST("keys cut anywhere, too large or unreadable are refused", malformed_key);
  TEST("signatures too short, too long, padded or with one other bit are refused", malformed_signature);
  TEST("a signature has one form: what Mbed TLS would take besides is wrong", other_forms);
  TEST("one and one tell a key on P-256 from everything else", key_alone);
  TEST("memory refused at an allocation never makes a wrong signature good", no_memory);
  blob *all[] = { &key, &key_windows, &key_der, &certificate, &certificate_der, &other_key, &rsa_key, &p384_key, &k256_key, &digest, &signature, &rsa_signature, &k256_signature };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]->bytes);
  return 0;
}
