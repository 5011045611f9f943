// Owns the release of the OCI runtime specification that we follow.

/** The newest that we know in full; what a later 1.x adds is passed over, as the specification says. */
export const OCI_VERSION = '1.3.0'
