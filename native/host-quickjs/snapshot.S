/* Owns the place of the snapshot in the executable: writable, with contents in the file, and as large as the
   build says, which also fills it (tools/build-runt.mjs). */

	.section .snapshot, "aw", %progbits
	.balign 4096
	.global snapshot
snapshot:
	.skip SNAPSHOT_BYTES
	.global snapshot_end
snapshot_end:

	.section .note.GNU-stack, "", %progbits
