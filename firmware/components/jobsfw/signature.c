#include "signature.h"
#include <string.h>
#include "mbedtls/ecp.h"
#include "mbedtls/pk.h"
#include "mbedtls/private_access.h" /* Mbed TLS 3 */
#include "mbedtls/x509_crt.h"

/* Mbed TLS takes a buffer as PEM only when its last counted byte is NUL (Mbed-TLS/mbedtls library/pkparse.c,
 * mbedtls_pk_parse_public_key; library/x509_crt.c, mbedtls_x509_crt_parse), and DER by its true length. */
static int is_pem(const char *key)
{
  return strstr(key, "-----BEGIN ") != NULL;
}

static int check(mbedtls_pk_context *pk, const unsigned char *digest, const unsigned char *signature, size_t length)
{
  if (!mbedtls_pk_can_do(pk, MBEDTLS_PK_ECDSA)) return MBEDTLS_ERR_PK_TYPE_MISMATCH;
  if (mbedtls_pk_ec(*pk)->MBEDTLS_PRIVATE(grp).id != MBEDTLS_ECP_DP_SECP256R1) return MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE;
  return mbedtls_pk_verify(pk, MBEDTLS_MD_SHA256, digest, JOBSFW_DIGEST_LENGTH, signature, length);
}

static int check_by_certificate(const unsigned char *key, size_t key_length, const unsigned char *digest,
                                const unsigned char *signature, size_t length)
{
  mbedtls_x509_crt certificate;
  mbedtls_x509_crt_init(&certificate);
  int result = mbedtls_x509_crt_parse(&certificate, key, key_length);
  if (result > 0) result = MBEDTLS_ERR_X509_INVALID_FORMAT; /* so many of several could not be parsed */
  if (result == 0) result = check(&certificate.pk, digest, signature, length);
  mbedtls_x509_crt_free(&certificate);
  return result;
}

static int check_by_key(const unsigned char *key, size_t key_length, const unsigned char *digest,
                        const unsigned char *signature, size_t length, int *parsed)
{
  mbedtls_pk_context pk;
  mbedtls_pk_init(&pk);
  int result = mbedtls_pk_parse_public_key(&pk, key, key_length);
  *parsed = result == 0;
  if (result == 0) result = check(&pk, digest, signature, length);
  mbedtls_pk_free(&pk);
  return result;
}

int jobsfw_verify(const char *key, size_t key_length, const unsigned char *digest, size_t digest_length,
                  const unsigned char *signature, size_t signature_length)
{
  const unsigned char *bytes = (const unsigned char *)key;
  int parsed;

  if (digest_length != JOBSFW_DIGEST_LENGTH || key_length == 0 || key_length > JOBSFW_KEY_MAX ||
      signature_length < JOBSFW_SIGNATURE_MIN || signature_length > JOBSFW_SIGNATURE_MAX)
    return MBEDTLS_ERR_PK_BAD_INPUT_DATA;

  if (strstr(key, "-----BEGIN CERTIFICATE-----"))
    return check_by_certificate(bytes, key_length + 1, digest, signature, signature_length);
  if (is_pem(key)) return check_by_key(bytes, key_length + 1, digest, signature, signature_length, &parsed);

  int result = check_by_key(bytes, key_length, digest, signature, signature_length, &parsed);
  return parsed ? result : check_by_certificate(bytes, key_length, digest, signature, signature_length);
}
