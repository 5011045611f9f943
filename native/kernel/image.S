/* Owns the bytes of init inside the library: INIT_PATH, as the build made it. */

	.section .rodata
	.balign 16
	.global kernel_init_begin
	.hidden kernel_init_begin
kernel_init_begin:
	.incbin INIT_PATH
	.global kernel_init_end
	.hidden kernel_init_end
kernel_init_end:

	.section .note.GNU-stack, "", %progbits
