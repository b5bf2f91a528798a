#pragma once
#define MBEDTLS_PRIVATE(member) member
