#pragma once

/// What the library offers; everything else in it is hidden.
#define CERTBOUND_EXPORT __attribute__((visibility("default")))
